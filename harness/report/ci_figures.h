#pragma once
/* Figures of runs as numbers for CI systems: named as OpenMetrics wants it, in its base units
 * (seconds, not nanoseconds). One table for gates and for plain results: two files of the same
 * metric must agree in its help, or node_exporter complains. */
#include "report/ci_report.h"
#include "verdict/figures.h"

/* The number of a figure, without baseline. */
struct ci_metric ci_figure(enum figure figure, double value);

/* A value of the figure in the number's unit: for baselines. */
double ci_figure_value(enum figure figure, double value);
