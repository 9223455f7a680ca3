"use strict";
/* Flame graphs come flat, as lists (harness/profile/flame.h): a node names its frame, its parent,
 * which stands before it, and its value. Here they become a tree of
 * {n: name, v: value, c: children}. */
{
  const other = -2;

  const nameOf = (flame, index) => {
    const frame = flame.frame[index];
    if (frame < 0)
      return frame === other ? "(other)" : "all";
    const place = flame.places[frame];
    return place ? `${flame.functions[frame]} ${place}` : flame.functions[frame];
  };

  const treeOf = (flame) => {
    const nodes = flame.value.map((v, index) => ({n: nameOf(flame, index), v, c: []}));
    flame.parent.forEach((parent, index) => {
      if (parent >= 0)
        nodes[parent].c.push(nodes[index]);
    });
    return nodes[0];
  };

  /* Of a run, or of its repetition with instruments: graphs, and the cycles that they are of. */
  const grow = ({profiles, cycles}) => {
    for (const profile of profiles || []) {
      profile.cycles = cycles || [];
      if (profile.flame && !profile.flame.root)
        profile.flame.root = treeOf(profile.flame);
    }
  };

  /* Give every flame graph of the view data its tree. */
  leakcage.growFlames = (view) => {
    for (const run of view.runs || []) {
      grow(run);
      grow(run.explanation || {});
    }
    return view;
  };
}
