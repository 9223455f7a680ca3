#pragma once
/* What a Go service tells of itself: GET /debug/pprof/heap?gc=1 and /debug/pprof/goroutine, as
 * net/http/pprof serves them, on the service's own URL. Profiles "go-heap" and "go-goroutines";
 * what the scenario collects by itself is not fetched again.
 *
 * Go notes one allocation in 512 KiB; here it is one in 4 KiB (go_sampling.h, and GODEBUG where
 * leakcage starts it), as fine as is needed for a leak of some hundred bytes per request. A service
 * that does not serve them is told what to import. */
#include "instrument/instrument.h"
#include "scenario/instruments.h"

/* INSTRUMENT_GO. */
extern const struct instrument instrument_go;
