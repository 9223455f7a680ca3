"use strict";
/* Round ticks: [{v, label}], as dygraphs takes them. */
{
  const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600,
                     43200, 86400];

  /* The smallest of 1, 2 and 5 times a power of ten that is not below `rough`. */
  const decimalStep = (rough) => {
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
  };

  const every = (low, high, step, label) => {
    const ticks = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
      ticks.push({v: i * step, label: label(i * step)});
    return ticks;
  };

  const decimalsOf = (step) => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));

  const timeLabel = (step, high) => (seconds) => {
    if (step < 1 || (step < 60 && high < 180))
      return `${seconds.toFixed(decimalsOf(step))} s`;
    const minutes = Math.floor(seconds / 60 + 1e-9);
    const rest = String(Math.round(seconds - minutes * 60)).padStart(2, "0");
    if (minutes < 60)
      return `${minutes}:${rest}`;
    const clock = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    return rest === "00" ? `${clock} h` : `${clock}:${rest}`;
  };

  const bytesTicks = (low, high, rough) => {
    let unit = 0;
    while (Math.max(Math.abs(low), Math.abs(high)) >= 1000 * 1024 ** unit && unit < 4)
      unit++;
    const size = 1024 ** unit;
    const step = Math.max(decimalStep(rough / size), unit === 0 ? 1 : 0);
    const decimals = decimalsOf(step);
    const name = leakcage.units.bytesNames[unit];
    return every(low, high, step * size,
                 (v) => v === 0 ? "0" : `${(v / size).toFixed(decimals)} ${name}`);
  };

  const secondsTicks = (low, high, rough) => {
    const [size, name] = high < 999.5e-6 ? [1e-6, "us"] : high < 0.9995 ? [1e-3, "ms"] : [1, "s"];
    const step = decimalStep(rough / size);
    return every(low, high, step * size,
                 (v) => v === 0 ? "0" : `${(v / size).toFixed(decimalsOf(step))} ${name}`);
  };

  leakcage.ticks = {
    time(low, high, pixels) {
      const rough = (high - low) / Math.max(pixels / 90, 1);
      const step = rough <= 1 ? decimalStep(rough)
        : timeSteps.find((one) => one >= rough) || decimalStep(rough / 86400) * 86400;
      return every(low, high, step, timeLabel(step, high));
    },
    /* Amounts in `unit`; `apart`: how far ticks should be from each other, in pixels. */
    amount(unit, low, high, pixels, apart) {
      const rough = (high - low) / Math.max(pixels / (apart || 32), 1.5);
      if (!(rough > 0))
        return [];
      if (unit === "bytes")
        return bytesTicks(low, high, rough);
      if (unit === "s")
        return secondsTicks(low, high, rough);
      if (unit === "share")
        return every(low, high, decimalStep(rough * 100) / 100,
                     (v) => `${(v * 100).toFixed(decimalsOf(decimalStep(rough * 100)))} %`);
      const step = Math.max(decimalStep(rough), unit === "count" ? 1 : 0);
      return every(low, high, step, (v) => step < 1 ? v.toFixed(decimalsOf(step))
        : leakcage.units.count(Math.round(v)));
    },
  };
}
