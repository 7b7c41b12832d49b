import cliProgress, { type SingleBar } from 'cli-progress';

/** How far something has come that is counted in units: steps of sampling, frames of rendering. */
type Progress = {
  readonly unit: 'step' | 'frame';
  readonly value: number;
  readonly total: number;
};

/** Shows how far a run has come. */
export type ProgressDisplay = {
  show(progress: Progress): void;
  /** Clears the way for other output. */
  stop(): void;
};

type Speed = { readonly remaining: string; readonly rate: string };

/** A bar on a terminal, else a line a second. */
export function createProgressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? progressBar(stream) : progressLines(stream);
}

function progressBar(stream: NodeJS.WriteStream): ProgressDisplay {
  let bar: SingleBar | undefined;
  const measure = speedometer();
  return {
    show(progress) {
      const { unit, value, total } = progress;
      if (!bar) {
        bar = new cliProgress.SingleBar({
          stream,
          gracefulExit: false,
          clearOnComplete: true,
          format: '{bar} {text}',
          barsize: 30,
          barCompleteChar: '█',
          barIncompleteChar: '░',
        });
        bar.start(total, 0, { text: '' });
      }
      const { remaining, rate } = measure(progress);
      bar.setTotal(total);
      bar.update(value, { text: `${unit} ${value} of ${total} | ${remaining} | ${rate}` });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function progressLines(stream: NodeJS.WriteStream): ProgressDisplay {
  let shownAt = Number.NEGATIVE_INFINITY;
  const measure = speedometer();
  return {
    show(progress) {
      const { unit, value, total } = progress;
      const { remaining, rate } = measure(progress);
      const now = performance.now();
      if (value < total && now - shownAt < 1000) return;
      shownAt = now;
      stream.write(`${unit} ${value} of ${total}, ${remaining}, ${rate}\n`);
    },
    stop() {},
  };
}

/** Measures from the first unit on, which leaves out the time that loading took. */
function speedometer(): (progress: Progress) => Speed {
  let start: { unit: string; value: number; time: number } | undefined;
  return ({ unit, value, total }) => {
    const time = performance.now();
    if (start?.unit !== unit || value < start.value) start = { unit, value, time };
    const perSecond = (1000 * (value - start.value)) / (time - start.time);
    if (!Number.isFinite(perSecond) || perSecond <= 0) return { remaining: '… s left', rate: '… it/s' };
    const seconds = Math.ceil((total - value) / perSecond);
    const name = unit === 'step' ? 'it/s' : 'frames/s';
    return { remaining: `${seconds} s left`, rate: `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} ${name}` };
  };
}
