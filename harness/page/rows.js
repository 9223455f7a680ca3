"use strict";
/* Series with times of their own as rows with one time each, as dygraphs takes them. In a row null
 * means that a series has no value at that time, and is drawn on; NaN is a gap. */
{
  const sameTimes = (series) => series.every((one) => one.t === series[0].t ||
    (one.t.length === series[0].t.length && one.t.every((t, i) => t === series[0].t[i])));

  const unionOfTimes = (series) => {
    if (series.length === 0 || sameTimes(series))
      return series.length ? series[0].t : [];
    const all = new Float64Array(series.reduce((sum, one) => sum + one.t.length, 0));
    let at = 0;
    for (const one of series) {
      all.set(one.t, at);
      at += one.t.length;
    }
    return all.sort();
  };

  /* `series`: [{t, v}], t rising. Returns [[time, value of each], …]. */
  leakcage.rows = (series) => {
    const times = unionOfTimes(series);
    const rows = [];
    let row = null;
    for (const t of times) {
      if (row !== null && row[0] === t)
        continue;
      row = new Array(series.length + 1).fill(null);
      row[0] = t;
      rows.push(row);
    }
    series.forEach((one, column) => {
      let at = 0;
      one.t.forEach((t, i) => {
        while (rows[at][0] < t)
          at++;
        const value = one.v[i] === null || one.v[i] === undefined ? NaN : one.v[i];
        const other = rows[at][column + 1];
        rows[at][column + 1] = other === null || Number.isNaN(other) || value > other ? value : other;
      });
    });
    return rows;
  };

  /* The lowest and the highest of the values from time `from` to `to`, and of those that a line
   * into this range begins and ends with; null of nothing. */
  leakcage.extent = (series, from, to) => {
    let low = Infinity;
    let high = -Infinity;
    for (const one of series) {
      const end = Math.min(leakcage.lowerBound(one.t, to) + 1, one.t.length);
      for (let i = Math.max(leakcage.lowerBound(one.t, from) - 1, 0); i < end; i++) {
        const value = one.v[i];
        if (value === null || value === undefined)
          continue;
        if (value < low)
          low = value;
        if (value > high)
          high = value;
      }
    }
    return low <= high ? [low, high] : null;
  };
}
