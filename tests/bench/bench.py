"""Benchmarks of leakcage, as ratios measured in one run. Usage: bench.py BUILD [NAME...]

load         throughput of the load generator against wrk, in turn, on the same service
sampler      what sampling costs: share of a core, and what it takes from the service
vm           from start to a command running in the guest of driver vm
verdict      `leakcage run unclosed-body` from start to verdict
Only when they are named, for they take minutes (report: for it needs a browser):
report       report.html of up to a million samples: its size, and how long a browser takes
accuracy     the whole catalogue: what was called what
speed        the same runs: time and requests to the verdict
sensitivity  the smallest leak that is found, and the false alarms at none
peers        the same mistakes under LeakSanitizer, valgrind, heaptrack, and an eye on RSS
runtimes     services of other languages, clean and leaking: what was called what, how fast
allocators   leaks, pressure and healthy services under four allocators: right, and at what cost
lazy         freed memory under allocators and their settings, with room and without (MADV_FREE)
aa           runs that are all the same, dealt out as two variants: how often called different
gate         gates over nothing but noise, and over planted changes: how often not passed
instruments  what each instrument of `leakcage explain` takes from a service, and what it explains
robustness   the same verdict at other limits, concurrency, sampling, and on a busy machine
"""
import os
import sys

import aa
import accuracy
import allocators
import costs
import gate
import instruments
import peers
import report
import robustness
import runs
import runtimes
import sensitivity

BENCHMARKS = {
    "load": costs.bench_load, "sampler": costs.bench_sampler, "vm": costs.bench_vm,
    "verdict": costs.bench_verdict, "accuracy": accuracy.bench_accuracy,
    "speed": accuracy.bench_speed, "sensitivity": sensitivity.bench_sensitivity,
    "peers": peers.bench_peers, "robustness": robustness.bench_robustness,
    "runtimes": runtimes.bench_runtimes, "allocators": allocators.bench_allocators,
    "lazy": allocators.bench_lazy, "aa": aa.bench_aa, "gate": gate.bench_gate,
    "report": report.bench_report, "instruments": instruments.bench_instruments,
}
BY_DEFAULT = ["load", "sampler", "vm", "verdict"]


def warn_when_busy():
    """Ratios bear a little of it, not this much."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load > 0.5 * cores:
        print("this machine is busy (load %.1f on %d cores): times and throughputs of this run mean"
              " little, verdicts do" % (load, cores))


def run(bench, names):
    """Each of them, whatever became of the one before. Returns whether all could be measured."""
    measured = True
    for name in names:
        try:
            bench.save(name, BENCHMARKS[name](bench))
        except runs.BenchError as problem:
            print("\n%s: not measured: %s" % (name, problem))
            measured = False
        sys.stdout.flush()
    bench.remove_empty_folders()
    return measured


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__ + "\n" + runs.__doc__.partition("\n\n")[2])
        sys.exit(0 if len(sys.argv) > 1 else 2)
    names = sys.argv[2:] or BY_DEFAULT
    for name in names:
        if name not in BENCHMARKS:
            sys.exit("there is no benchmark %s, there are: %s" % (name, ", ".join(BENCHMARKS)))
    warn_when_busy()
    sys.exit(0 if run(runs.Bench(sys.argv[1]), names) else 1)


if __name__ == "__main__":
    main()
