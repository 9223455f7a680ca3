"use strict";
/* The view data ("leakcage.view/1") that the page shows, and which of its runs. */
{
  const drawnAtFirst = 8;
  let view = {runs: []};

  const isRun = (index) => Number.isInteger(index) && index >= 0 && index < view.runs.length;

  leakcage.model = {
    set(data) {
      view = leakcage.growFlames(data && Array.isArray(data.runs) ? data : {...data, runs: []});
    },
    view: () => view,
    runs: () => view.runs,

    /* The run whose verdict is on top, and its number; undefined while there is none. */
    selectedIndex() {
      const {selected} = leakcage.choice.get();
      return isRun(selected) ? selected : 0;
    },
    selected: () => view.runs[leakcage.model.selectedIndex()],

    /* Numbers of the runs that are drawn. */
    drawn() {
      const chosen = leakcage.choice.get().drawn;
      return chosen ? chosen.filter(isRun)
        : view.runs.map((run, index) => index).slice(0, drawnAtFirst);
    },
    /* One run is drawn with a colour for each line, several with one for each run. */
    isOverlay: () => leakcage.model.drawn().length > 1,
    runColor: (index) => `var(--series-${index % 8})`,
    name: (run) => run.label ? `${run.id} (${run.label})` : run.id,

    /* When the last of the drawn runs ended. */
    end() {
      let end = 0;
      for (const index of leakcage.model.drawn()) {
        const run = view.runs[index];
        end = Math.max(end, run.duration_s || 0);
        for (const one of run.series || [])
          end = Math.max(end, one.t_s.length ? one.t_s[one.t_s.length - 1] : 0);
      }
      return end || 1;
    },
  };
}
