#include "load/engine.h"

#include <errno.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"

int engine_init(struct engine *engine, const struct engine_type *type, struct error *err)
{
    engine->type = type;
    atomic_init(&engine->stop, false);
    engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (engine->wake_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "an eventfd for the load");
    return 0;
}

void engine_done(struct engine *engine)
{
    closep(&engine->wake_fd);
    engine->wake_fd = -1;
}

void engine_woken(struct engine *engine)
{
    eventfd_t count;
    eventfd_read(engine->wake_fd, &count);
}

void engine_wake(struct engine *engine)
{
    eventfd_write(engine->wake_fd, 1);
}

void engine_stop(struct engine *engine)
{
    atomic_store(&engine->stop, true);
    engine_wake(engine);
}

void engine_resume(struct engine *engine)
{
    atomic_store(&engine->stop, false);
}
