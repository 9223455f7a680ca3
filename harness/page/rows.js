"use strict";
/* Series with times of their own as rows with one time each, as dygraphs takes them. In a row null
 * means that a series has no value at that time, and is drawn on; NaN is a gap. */
{
  const exactMax = 12000; /* points: more are drawn as what can be seen of them */

  const isGap = (value) => value === null || value === undefined;

  const newRow = (t, columns) => {
    const row = new Array(columns + 1).fill(null);
    row[0] = t;
    return row;
  };

  /* Every point at its time. */
  const exact = (series) => {
    const all = new Float64Array(series.reduce((sum, one) => sum + one.t.length, 0));
    let end = 0;
    for (const one of series) {
      all.set(one.t, end);
      end += one.t.length;
    }
    const rows = [];
    for (const t of all.sort())
      if (rows.length === 0 || rows[rows.length - 1][0] !== t)
        rows.push(newRow(t, series.length));
    series.forEach((one, column) => {
      let at = 0;
      one.t.forEach((t, i) => {
        while (rows[at][0] < t)
          at++;
        const value = isGap(one.v[i]) ? NaN : one.v[i];
        const other = rows[at][column + 1];
        if (other === null || Number.isNaN(other) || value > other)
          rows[at][column + 1] = value;
      });
    });
    return rows;
  };

  /* Of the points from index i on that are in this slot: where the lowest, the highest and the last
   * gap are, and where the next slot begins. */
  const groupOf = (one, i, end, slotOf) => {
    const slot = slotOf(one.t[i]);
    let low = -1;
    let high = -1;
    let gap = -1;
    for (; i < end && slotOf(one.t[i]) === slot; i++) {
      const value = one.v[i];
      if (isGap(value)) {
        gap = i;
        continue;
      }
      if (low < 0 || value < one.v[low])
        low = i;
      if (high < 0 || value > one.v[high])
        high = i;
    }
    const kept = [...new Set([low, high, gap])].filter((at) => at >= 0).sort((a, b) => a - b);
    return {slot, kept, next: i};
  };

  /* What can be seen of the points between two times: the lowest and the highest of each slot, and
   * one point on either side, which lines come from and go to. */
  const visible = (series, from, to, slots) => {
    const width = (to - from) / slots;
    const slotOf = (t) => Math.floor((t - from) / width);
    const rowsOfSlot = new Map();
    series.forEach((one, column) => {
      const end = Math.min(leakcage.lowerBound(one.t, to) + 1, one.t.length);
      for (let i = Math.max(leakcage.lowerBound(one.t, from) - 1, 0); i < end;) {
        const {slot, kept, next} = groupOf(one, i, end, slotOf);
        const rows = rowsOfSlot.get(slot) || [];
        rowsOfSlot.set(slot, rows);
        kept.forEach((at, place) => {
          if (place === rows.length)
            rows.push(newRow(from + (slot + (place + 0.5) / 3) * width, series.length));
          rows[place][column + 1] = isGap(one.v[at]) ? NaN : one.v[at];
        });
        i = next;
      }
    });
    return [...rowsOfSlot].sort((a, b) => a[0] - b[0]).flatMap(([, rows]) => rows);
  };

  leakcage.rows = {
    /* Are these ([{t, v}], t rising) so many that only what is in sight is made rows of? */
    areMany: (series) => series.reduce((sum, one) => sum + one.t.length, 0) > exactMax,
    /* [[time, value of each series], …]; `slots`: as many as a chart has pixels. */
    of: (series, from, to, slots) =>
      leakcage.rows.areMany(series) ? visible(series, from, to, slots) : exact(series),
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
