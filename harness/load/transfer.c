#include "load/transfer.h"

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

static enum outcome finish(struct transfer *transfer, enum outcome outcome, bool keep)
{
    if (!keep)
        connection_close(&transfer->connection);
    transfer->request = NULL;
    return outcome;
}

static enum outcome open_connection(struct transfer *transfer)
{
    transfer->reused = false;
    if (connection_open(&transfer->connection) < 0)
        return finish(transfer, OUTCOME_FAILED, false);
    return OUTCOME_PENDING;
}

/* The connection ended before the response did. */
static enum outcome lose_connection(struct transfer *transfer)
{
    connection_close(&transfer->connection);
    if (transfer->reused && !transfer->response.started)
        return open_connection(transfer);
    return finish(transfer, OUTCOME_RESET, false);
}

static enum outcome finish_response(struct transfer *transfer, bool clean_end)
{
    const struct response *response = &transfer->response;
    bool keep = transfer->reuse && clean_end && response->keep_alive &&
                transfer->sent == transfer->request->length;
    bool ok = response->status >= 200 && response->status < 300;
    return finish(transfer, ok ? OUTCOME_OK : OUTCOME_OTHER_STATUS, keep);
}

static enum outcome send_more(struct transfer *transfer)
{
    const struct request *request = transfer->request;
    while (transfer->sent < request->length) {
        ssize_t sent = connection_send(&transfer->connection, request->bytes + transfer->sent,
                                       request->length - transfer->sent);
        if (sent == CONNECTION_LOST) {
            /* A server may answer and close without reading all: what it said is still there. */
            connection_watch_output(&transfer->connection, false);
            return OUTCOME_PENDING;
        }
        if (sent == CONNECTION_AGAIN) {
            connection_watch_output(&transfer->connection, true);
            return OUTCOME_PENDING;
        }
        transfer->sent += (size_t)sent;
    }
    connection_watch_output(&transfer->connection, false);
    return OUTCOME_PENDING;
}

static enum outcome begin_on_connection(struct transfer *transfer)
{
    transfer->sent = 0;
    response_begin(&transfer->response, transfer->request->head);
    return send_more(transfer);
}

enum outcome transfer_start(struct transfer *transfer, const struct request *request)
{
    transfer->request = request;
    response_begin(&transfer->response, request->head);
    if (transfer->connection.state != CONNECTION_OPEN)
        return open_connection(transfer);
    transfer->reused = true;
    return begin_on_connection(transfer);
}

enum outcome transfer_connected(struct transfer *transfer, enum connection_result result)
{
    switch (result) {
    case CONNECTION_OPENED:
        return begin_on_connection(transfer);
    case CONNECTION_REFUSED:
        return finish(transfer, OUTCOME_REFUSED, false);
    case CONNECTION_BROKEN:
        return finish(transfer, OUTCOME_RESET, false);
    case CONNECTION_TIMED_OUT:
        return finish(transfer, OUTCOME_TIMED_OUT, false);
    case CONNECTION_FAILED:
        break;
    }
    return finish(transfer, OUTCOME_FAILED, false);
}

static enum outcome receive_more(struct transfer *transfer, char *scratch)
{
    ssize_t received = connection_receive(&transfer->connection, scratch, TRANSFER_SCRATCH_BYTES);
    if (received == CONNECTION_AGAIN)
        return OUTCOME_PENDING;
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
        return OUTCOME_PENDING;
    case RESPONSE_DONE:
        return finish_response(transfer, used == (size_t)received);
    case RESPONSE_BROKEN:
        break;
    }
    return finish(transfer, OUTCOME_FAILED, false);
}

enum outcome transfer_handle_event(struct transfer *transfer, uint32_t events, char *scratch)
{
    if (transfer->connection.state != CONNECTION_OPEN)
        return OUTCOME_PENDING;
    if (transfer->request == NULL) {
        /* The peer closed an idle connection, or spoke out of turn. */
        connection_close(&transfer->connection);
        return OUTCOME_PENDING;
    }

    enum outcome outcome = OUTCOME_PENDING;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        outcome = receive_more(transfer, scratch);
    if (outcome == OUTCOME_PENDING && (events & EPOLLOUT) != 0 &&
        transfer->connection.state == CONNECTION_OPEN)
        outcome = send_more(transfer);
    return outcome;
}

void transfer_abandon(struct transfer *transfer)
{
    finish(transfer, OUTCOME_FAILED, false);
}
