#pragma once
/* What the heaps of HotSpot JVMs hold, by class, as `jcmd PID GC.class_histogram` tells it (after a
 * collection of all garbage): exact numbers of objects and bytes, but no stacks. Profile "java".
 * Nothing is put into the service; a JVM that cannot be asked (run/jvm.h) says so. */
#include "instrument/instrument.h"
#include "scenario/instruments.h"

/* INSTRUMENT_JAVA. */
extern const struct instrument instrument_java;
