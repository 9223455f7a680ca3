#pragma once
/* Driver attach: an instance that runs already.
 *
 * It is found (attach_target.h), watched (watch.h) and driven, and left as it was: nothing is
 * started, limited, reclaimed, squeezed, stopped or killed. Where it is reached: settings'
 * service.port, else the one TCP port that its processes listen on. A container
 * (container_target.h) that its engine starts again is attached to again by the next `start`. */
#include "driver/driver.h"

extern const struct driver attach_driver;

/* The name of the first process of what `text` names, into name[size]: of a run that has no other
 * name. */
int attach_name(const char *text, char *name, size_t size, struct error *err);
