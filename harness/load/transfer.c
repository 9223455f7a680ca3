#include "load/transfer.h"

#include <stdio.h>
#include <sys/epoll.h>

int transfer_init(struct transfer *transfer, struct connector *connector, uint32_t number,
                  struct error *err)
{
    *transfer = (struct transfer){.request = NULL};
    return connection_init(&transfer->connection, connector, number, err);
}

void transfer_done(struct transfer *transfer)
{
    connection_done(&transfer->connection);
}

static enum request_outcome finish(struct transfer *transfer, enum request_outcome outcome,
                                   bool keep)
{
    if (!keep)
        connection_close(&transfer->connection);
    transfer->request = NULL;
    return outcome;
}

static enum request_outcome open_connection(struct transfer *transfer)
{
    transfer->reused = false;
    if (connection_open(&transfer->connection) < 0)
        return finish(transfer, REQUEST_FAILED, false);
    return REQUEST_PENDING;
}

/* The connection ended before the response did. */
static enum request_outcome lose_connection(struct transfer *transfer)
{
    connection_close(&transfer->connection);
    if (transfer->reused && !transfer->response.started)
        return open_connection(transfer);
    return finish(transfer, REQUEST_RESET, false);
}

static enum request_outcome finish_response(struct transfer *transfer, bool clean_end)
{
    const struct response *response = &transfer->response;
    bool keep = transfer->reuse && clean_end && response->keep_alive &&
                transfer->sent == transfer->request->length;
    bool ok = response->status >= 200 && response->status < 300;
    return finish(transfer, ok ? REQUEST_OK : REQUEST_OTHER_STATUS, keep);
}

static enum request_outcome send_more(struct transfer *transfer)
{
    const struct request *request = transfer->request;
    while (transfer->sent < request->length) {
        ssize_t sent = connection_send(&transfer->connection, request->bytes + transfer->sent,
                                       request->length - transfer->sent);
        if (sent == CONNECTION_LOST) {
            /* A server may answer and close without reading all: what it said is still there. */
            connection_watch_output(&transfer->connection, false);
            return REQUEST_PENDING;
        }
        if (sent == CONNECTION_AGAIN) {
            connection_watch_output(&transfer->connection, true);
            return REQUEST_PENDING;
        }
        transfer->sent += (size_t)sent;
    }
    connection_watch_output(&transfer->connection, false);
    return REQUEST_PENDING;
}

static enum request_outcome begin_on_connection(struct transfer *transfer)
{
    transfer->sent = 0;
    response_begin(&transfer->response, transfer->request->head);
    return send_more(transfer);
}

enum request_outcome transfer_start(struct transfer *transfer, const struct request *request)
{
    transfer->request = request;
    response_begin(&transfer->response, request->head);
    if (transfer->connection.state != CONNECTION_OPEN)
        return open_connection(transfer);
    transfer->reused = true;
    return begin_on_connection(transfer);
}

enum request_outcome transfer_connected(struct transfer *transfer, enum connection_result result)
{
    switch (result) {
    case CONNECTION_OPENED:
        return begin_on_connection(transfer);
    case CONNECTION_REFUSED:
        return finish(transfer, REQUEST_REFUSED, false);
    case CONNECTION_BROKEN:
        return finish(transfer, REQUEST_RESET, false);
    case CONNECTION_TIMED_OUT:
        return finish(transfer, REQUEST_TIMED_OUT, false);
    case CONNECTION_FAILED:
        break;
    }
    return finish(transfer, REQUEST_FAILED, false);
}

static enum request_outcome receive_more(struct transfer *transfer, char *scratch)
{
    ssize_t received = connection_receive(&transfer->connection, scratch, TRANSFER_SCRATCH_BYTES);
    if (received == CONNECTION_AGAIN)
        return REQUEST_PENDING;
    if (received == CONNECTION_LOST)
        return lose_connection(transfer);
    if (received == 0) {
        if (response_end(&transfer->response) == RESPONSE_DONE)
            return finish_response(transfer, false);
        return lose_connection(transfer);
    }

    size_t used = 0;
    switch (response_feed(&transfer->response, scratch, (size_t)received, &used)) {
    case RESPONSE_MORE:
        return REQUEST_PENDING;
    case RESPONSE_DONE:
        return finish_response(transfer, used == (size_t)received);
    case RESPONSE_BROKEN:
        break;
    }
    return finish(transfer, REQUEST_FAILED, false);
}

enum request_outcome transfer_handle_event(struct transfer *transfer, uint32_t events,
                                           char *scratch)
{
    if (transfer->connection.state != CONNECTION_OPEN)
        return REQUEST_PENDING;
    if (transfer->request == NULL) {
        /* The peer closed an idle connection, or spoke out of turn. */
        connection_close(&transfer->connection);
        return REQUEST_PENDING;
    }

    enum request_outcome outcome = REQUEST_PENDING;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        outcome = receive_more(transfer, scratch);
    if (outcome == REQUEST_PENDING && (events & EPOLLOUT) != 0 &&
        transfer->connection.state == CONNECTION_OPEN)
        outcome = send_more(transfer);
    return outcome;
}

void transfer_abandon(struct transfer *transfer)
{
    finish(transfer, REQUEST_FAILED, false);
}

static const char *transfer_describe_broken(const struct response *response)
{
    if (response->status == 101)
        return "it switches protocols, though nobody asked for that";
    switch (response->state) {
    case RESPONSE_STATUS_LINE:
        return "what it answers is not HTTP/1.1 (HTTP/2 and TLS are not spoken here)";
    case RESPONSE_CHUNK_SIZE:
    case RESPONSE_CHUNK_END:
        return "a chunk of its answer is not as long as it says";
    default:
        return "its headers contradict each other, or are none";
    }
}

static const char *transfer_describe_reset(const struct response *response)
{
    if (!response->started)
        return "the connection was closed without an answer";
    if (response->state == RESPONSE_STATUS_LINE || response->state == RESPONSE_HEADER)
        return "the connection was closed within the headers";
    return "the connection was closed before the answer was whole";
}

static const char *transfer_describe_late(const struct response *response)
{
    if (!response->started)
        return "there was no answer in time";
    if (response->state == RESPONSE_STATUS_LINE)
        return "there was no final answer in time, only 1xx or a part of a line";
    if (response->state == RESPONSE_HEADER)
        return "its headers did not end in time";
    return "its answer did not end in time";
}

void transfer_describe(const struct transfer *transfer, enum request_outcome outcome, char *text,
                       size_t size)
{
    const struct response *response = &transfer->response;
    const char *found = "";
    switch (outcome) {
    case REQUEST_PENDING:
    case REQUEST_OK:
        break;
    case REQUEST_OTHER_STATUS:
        snprintf(text, size, "it answered %u%s", response->status,
                 response->status >= 300 && response->status < 400 ? " (no redirect is followed)"
                                                                   : "");
        return;
    case REQUEST_REFUSED:
        found = "nobody listened";
        break;
    case REQUEST_RESET:
        found = transfer_describe_reset(response);
        break;
    case REQUEST_TIMED_OUT:
        found = transfer_describe_late(response);
        break;
    case REQUEST_FAILED:
        found = response->started ? transfer_describe_broken(response)
                                  : "the connection could not be opened";
        break;
    }
    snprintf(text, size, "%s", found);
}
