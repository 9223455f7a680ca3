"use strict";
/* A run while it goes on: lines of "leakcage.live/1", as server-sent events, become view data. */
{
  const pointsMax = 6000; /* of a line; beyond, the lowest and highest of every four remain */
  const rateSpan = 0.5; /* seconds over which rates are taken */

  const lines = [
    ["current_bytes", "memory.current", "memory", "bytes", true],
    ["rss_bytes", "RSS", "memory", "bytes", true],
    ["working_set_bytes", "working set", "memory", "bytes", false],
    ["anon_bytes", "anon", "memory", "bytes", true],
    ["file_bytes", "file", "memory", "bytes", false],
    ["kernel_bytes", "kernel", "memory", "bytes", true],
    ["rate_per_s", "requests", "requests", "per_s", true],
    ["failed_per_s", "failed", "requests", "per_s", true],
    ["p50_s", "p50", "latency", "s", true],
    ["p99_s", "p99", "latency", "s", true],
    ["psi_some_share", "some stalled", "pressure", "share", true],
    ["psi_full_share", "all stalled", "pressure", "share", true],
    ["threads_count", "threads", "processes", "count", true],
    ["descriptors_count", "descriptors", "processes", "count", true],
  ];
  /* What the feed calls otherwise. */
  const feedNames = {p50_s: "latency_p50_s", p99_s: "latency_p99_s"};
  /* Totals in the feed, as amounts per second. */
  const rates = [["requests_total", "rate_per_s", 1], ["requests_failed", "failed_per_s", 1],
                 ["psi_some_us", "psi_some_share", 1e-6], ["psi_full_us", "psi_full_share", 1e-6]];

  const headline = (first) => [
    first.id,
    first.limit_bytes && `limit ${leakcage.units.bytes(first.limit_bytes)}`,
    first.started_unix_s && `started ${new Date(first.started_unix_s * 1000).toLocaleString()}`,
  ].filter(Boolean).join(" · ");

  const newRun = (first) => ({
    id: first.id, scenario: first.scenario, label: first.label, limit_bytes: first.limit_bytes,
    verdict: "running",
    headline: headline(first),
    lines: [], figures: {}, series: [], phases: [], marks: [], floors: [], cycles: [],
  });

  const thin = (one) => {
    const t = [];
    const v = [];
    for (let i = 0; i < one.t_s.length; i += 4) {
      const group = one.v.slice(i, i + 4);
      const keep = [group.indexOf(Math.min(...group)), group.indexOf(Math.max(...group))];
      for (const k of [...new Set(keep)].sort()) {
        t.push(one.t_s[i + k]);
        v.push(group[k]);
      }
    }
    one.t_s = t;
    one.v = v;
  };

  const put = (run, key, t, value) => {
    let one = run.series.find((each) => each.key === key);
    if (!one) {
      const [, name, panel, unit, on] = lines.find((line) => line[0] === key);
      one = {key, name, panel, unit, on, t_s: [], v: []};
      run.series.push(one);
      run.series.sort((a, b) => lines.findIndex((line) => line[0] === a.key) -
        lines.findIndex((line) => line[0] === b.key));
    }
    one.t_s.push(t);
    one.v.push(value);
    if (one.t_s.length > pointsMax)
      thin(one);
  };

  const putRates = (run, feed, line) => {
    for (const [key, name, factor] of rates) {
      if (line[key] === undefined)
        continue;
      const seen = feed.totals[key] || (feed.totals[key] = []);
      if (seen.length && line[key] < seen[seen.length - 1][1])
        seen.length = 0; /* another start counts from 0 again */
      seen.push([line.t_s, line[key]]);
      while (seen.length > 2 && line.t_s - seen[1][0] >= rateSpan)
        seen.shift();
      const [t, value] = seen[0];
      if (line.t_s > t)
        put(run, name, line.t_s, (line[key] - value) / (line.t_s - t) * factor);
    }
  };

  const kindOf = (name) => {
    if (name.includes("rest") || name.includes("idle"))
      return "idle";
    const kinds = [["cycle", "measure"], ["warm", "warmup"], ["probe", "probe"], ["ready", "ready"],
                   ["start", "start"], ["other", "others"]];
    return (kinds.find(([word]) => name.startsWith(word)) || [null, "other"])[1];
  };

  const putPhase = (run, line) => {
    const last = run.phases[run.phases.length - 1];
    if (!line.phase || (last && last.name === line.phase))
      return;
    if (last)
      last.end_s = line.t_s;
    run.phases.push({t_s: line.t_s, name: line.phase, kind: kindOf(line.phase)});
  };

  const putMarks = (run, feed, line) => {
    for (const [key, kind] of [["oom_kills", "oom-kill"], ["starts", "start"]]) {
      if (line[key] !== undefined && line[key] > (feed[key] || 0))
        run.marks.push({t_s: line.t_s, kind, text: `${kind} ${line[key]}`});
      feed[key] = line[key] === undefined ? feed[key] : line[key];
    }
  };

  const of = (value, most) => most ? `${value} of ${most}` : String(value);

  const say = (run, feed, line) => {
    const count = leakcage.units.count;
    const wanted = line.cycles_min && line.cycles_max && line.cycles_min !== line.cycles_max
      ? `${line.cycles_min} to ${line.cycles_max}` : line.cycles_max || feed.cycles_max;
    run.lines = [{name: "phase", text: line.phase || "–"}];
    if (line.cycle !== undefined)
      run.lines.push({name: "cycle", text: of(line.cycle, wanted)});
    if (line.requests !== undefined)
      run.lines.push({name: "requests", text: of(count(line.requests), line.requests_goal &&
        count(line.requests_goal))});
    run.figures = {
      floor_bytes: run.floors.length ? run.floors[run.floors.length - 1].bytes : undefined,
      peak_bytes: feed.peak_bytes, requests_per_s: lastOf(run, "rate_per_s"),
      latency_p50_s: line.latency_p50_s, latency_p99_s: line.latency_p99_s,
      threads_count: line.threads_count, descriptors_count: line.descriptors_count,
      oom_kills: line.oom_kills,
    };
  };

  const lastOf = (run, key) => {
    const one = run.series.find((each) => each.key === key);
    return one && one.v[one.v.length - 1];
  };

  /* One line of the feed into the run. */
  const take = (run, feed, line) => {
    if (line.t_s <= feed.t_s)
      return;
    feed.t_s = line.t_s;
    for (const [key] of lines) {
      const value = line[feedNames[key] || key];
      if (value !== undefined && value !== null)
        put(run, key, line.t_s, value);
    }
    putRates(run, feed, line);
    putPhase(run, line);
    putMarks(run, feed, line);
    feed.peak_bytes = Math.max(feed.peak_bytes || 0, line.current_bytes || 0) || undefined;
    if (line.floor)
      run.floors.push({judged: false, start: 0, ...line.floor});
    run.duration_s = Math.max(10, line.t_s * 1.04);
    say(run, feed, line);
  };

  /* The server has its report, and the page becomes that; without a server there is none. */
  const finish = (run, feed, line) => {
    if (line.report)
      location.replace(line.report);
    if (line.report || !run)
      return;
    run.verdict = line.verdict || "inconclusive";
    run.duration_s = feed.t_s;
    const last = run.phases[run.phases.length - 1];
    if (last)
      last.end_s = feed.t_s;
    run.lines.push({name: "ended", text: line.dir
      ? `the results are in ${line.dir}` : "the run has ended"});
    leakcage.notice("The run has ended.", "show its report", () => location.reload());
  };

  /* Draw soon, and never so often that there is no time for anything else. */
  const drawer = () => {
    let waiting = false;
    let cost = 0;
    return () => {
      if (waiting)
        return;
      waiting = true;
      setTimeout(() => requestAnimationFrame(() => {
        waiting = false;
        const begin = performance.now();
        leakcage.refresh();
        cost = performance.now() - begin;
      }), Math.max(100, cost * 6));
    };
  };

  /* Subscribe: the page's runs get another, or it begins anew if it is there already. */
  leakcage.live = (url) => {
    const {model} = leakcage;
    const source = new EventSource(url);
    const draw = drawer();
    let run = null;
    let feed = {totals: {}, t_s: -1};
    const begin = (line) => {
      const runs = model.runs();
      const at = runs.findIndex((one) => one.id === line.id);
      run = newRun(line);
      feed = {totals: {}, t_s: -1, cycles_max: line.cycles_max};
      runs.splice(at < 0 ? runs.length : at, at < 0 ? 0 : 1, run);
    };
    source.onmessage = (event) => {
      const line = JSON.parse(event.data);
      leakcage.notice("");
      if (line.schema)
        begin(line);
      else if (line.end) {
        source.close();
        finish(run, feed, line);
      } else if (run)
        take(run, feed, line);
      draw();
    };
    source.onerror = () => leakcage.notice(source.readyState === EventSource.CLOSED
      ? "The connection is closed." : "The connection is lost; trying again…");
    return source;
  };
}
