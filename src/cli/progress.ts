import cliProgress, { type SingleBar } from 'cli-progress';

/** Progress in steps of sampling, frames of rendering or bytes of a download. */
type Progress = {
  readonly unit: 'step' | 'frame' | 'byte';
  readonly value: number;
  readonly total: number;
};

/** Shows the progress of a run. */
type ProgressDisplay = {
  show(progress: Progress): void;
  /** Removes the bar, so that other output can follow. */
  stop(): void;
};

type Speed = { readonly remaining: string; readonly rate: string };

/** A bar on a terminal, otherwise a line per second. */
export function createProgressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? progressBar(stream) : progressLines(stream);
}

function progressBar(stream: NodeJS.WriteStream): ProgressDisplay {
  let bar: SingleBar | undefined;
  const measure = speedometer();
  return {
    show(progress) {
      const { value, total } = progress;
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
      bar.update(value, { text: `${amount(progress)} | ${remaining} | ${rate}` });
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
      const { value, total } = progress;
      const { remaining, rate } = measure(progress);
      const now = performance.now();
      if (value < total && now - shownAt < 1000) return;
      shownAt = now;
      stream.write(`${amount(progress)}, ${remaining}, ${rate}\n`);
    },
    stop() {},
  };
}

function amount({ unit, value, total }: Progress): string {
  return unit === 'byte' ? `${formatBytes(value)} of ${formatBytes(total)}` : `${unit} ${value} of ${total}`;
}

const rateUnits = { step: 'it/s', frame: 'frames/s', byte: 'MB/s' } as const satisfies Record<Progress['unit'], string>;

/** Measures from the first unit on, which excludes the time of loading. */
function speedometer(): (progress: Progress) => Speed {
  let start: { unit: string; value: number; time: number } | undefined;
  return ({ unit, value, total }) => {
    const time = performance.now();
    if (start?.unit !== unit || value < start.value) start = { unit, value, time };
    const perSecond = (1000 * (value - start.value)) / (time - start.time);
    if (!Number.isFinite(perSecond) || perSecond <= 0) return { remaining: '… s left', rate: `… ${rateUnits[unit]}` };
    const seconds = Math.ceil((total - value) / perSecond);
    if (unit === 'byte') return { remaining: `${seconds} s left`, rate: `${formatBytes(perSecond)}/s` };
    return { remaining: `${seconds} s left`, rate: `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} ${rateUnits[unit]}` };
  };
}

/** Bytes as `12.3 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB'][power]}`;
}
