import { readdirSync, readFileSync } from 'node:fs';

/** Proportional memory of a process and all its descendants in MiB: pages that they share count once. */
function memoryOfTree(id) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const isBelow = (process) => process === id || (parents.has(process) && isBelow(parents.get(process)));
  const kibibytes = [...parents.keys()]
    .filter(isBelow)
    .map((process) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${process}/smaps_rollup`))?.[1] ?? 0));
  return kibibytes.reduce((sum, value) => sum + value, 0) / 1024;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended
  }
}

/** Samples the memory of a process and its descendants; `stop` returns the peak. */
export function watchMemory(id) {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, memoryOfTree(id));
  };
  const timer = setInterval(look, 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(peak);
    },
  };
}
