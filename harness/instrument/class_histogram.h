#pragma once
/* What a HotSpot JVM answers to GC.class_histogram, as a profile: a class is a frame, there are no
 * stacks. Pure; the answer comes from the service and is not trusted. */
#include "profile/profile.h"

#define CLASS_NAME_MAX 256

/* Add its classes to a profile of inuse_objects and inuse_space. ERROR_SERVICE: there is none in
 * it. */
int class_histogram_read(const char *text, size_t length, struct profile *profile,
                         struct error *err);

/* As in source: "[Ljava.lang.String;" is "java.lang.String[]", "[[I" is "int[][]"; what is none of
 * the JVM's own forms stays. Returns ret[CLASS_NAME_MAX], cut there. */
const char *class_histogram_name(const char *name, size_t length, char *ret);
