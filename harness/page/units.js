"use strict";
/* Amounts as text, as the terminal writes them (base/units.c). What is absent is "–". */
{
  const bytesNames = ["B", "KiB", "MiB", "GiB", "TiB"];

  const bytes = (value) => {
    let amount = Math.abs(value);
    let unit = 0;
    while (amount >= (unit === 0 ? 1023.5 : 1023.95) && unit < 4) {
      amount /= 1024;
      unit++;
    }
    const whole = unit === 0 && (Number.isInteger(amount) || amount >= 100);
    return `${value < 0 ? "-" : ""}${amount.toFixed(whole ? 0 : 1)} ${bytesNames[unit]}`;
  };

  const duration = (seconds) => {
    if (seconds === 0)
      return "0 s";
    if (seconds < 1e-3)
      return `${(seconds * 1e6).toFixed(0)} us`;
    if (seconds < 0.9995)
      return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
    if (seconds < 99.5)
      return `${seconds.toFixed(1)} s`;
    if (seconds < 5400)
      return `${(seconds / 60).toFixed(0)} min`;
    if (seconds < 172800)
      return `${(seconds / 3600).toFixed(1)} h`;
    return `${(seconds / 86400).toFixed(0)} days`;
  };

  const count = (value) => {
    const digits = Number.isInteger(value) || Math.abs(value) >= 99.95 ? 0 : 1;
    return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  };

  const forms = {
    bytes: bytes,
    s: duration,
    count: count,
    share: (value) => `${(value * 100).toFixed(value < 0.0995 && value > 0 ? 1 : 0)} %`,
    per_s: (value) => `${count(value)}/s`,
    text: String,
  };
  forms["requests/s"] = forms.per_s;

  /* A moment of the run. `span` is what is in sight: the less, the more decimals. */
  const moment = (seconds, span) => {
    const decimals = span < 0.2 ? 4 : span < 20 ? 2 : span < 200 ? 1 : 0;
    if (Math.abs(seconds) < 120)
      return `${seconds.toFixed(decimals)} s`;
    const minutes = Math.floor(seconds / 60);
    const rest = (seconds - minutes * 60).toFixed(decimals).padStart(decimals ? decimals + 3 : 2,
                                                                     "0");
    if (minutes < 60)
      return `${minutes}:${rest} min`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest} h`;
  };

  leakcage.units = {
    bytes, duration, count, moment, bytesNames,
    /* `value` in the unit that the view data names. */
    format: (unit, value) =>
      value === null || value === undefined || Number.isNaN(value) ? "–"
        : (forms[unit] || count)(value),
  };
}
