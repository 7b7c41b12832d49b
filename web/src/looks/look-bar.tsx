import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLooks } from '../api/queries.js';
import { useOptions } from '../form/form-options.js';
import { getForm, setOptions, type Tab, type Value, type Values } from '../form/form-store.js';
import type { StepPicture } from '../run/previews.js';
import { DownIcon, TuneIcon } from '../ui/icons.js';
import { useKey } from '../ui/keys.js';
import { words } from '../words/words.js';
import { LookExample } from './look-example.js';
import classes from './looks.module.css';
import { useFrames } from './use-frames.js';

type Props = {
  readonly tab: Tab;
  /** of the image on the stage; examples are made of them */
  readonly steps: readonly StepPicture[];
  /** whether something is being made, which needs the processor more than the examples do */
  readonly isBusy: boolean;
  /** called with the options of the movie after each change; undefined where there are no steps to make one of */
  readonly onChange: ((animation: Values) => void) | undefined;
  /** opens all options of the movie */
  readonly onAdjust: () => void;
};

/** How the movie shows the steps: looks as cards with a moving example, and length and shape beside them. */
export function LookBar({ tab, steps, isBusy, onChange, onAdjust }: Props) {
  const { data: looks = [] } = useLooks();
  const { look, duration, size } = useOptions(tab, 'animation');
  const frames = useFrames(steps);
  const { look: text } = words();
  const changed = () => onChange?.(getForm(tab).animation);
  const choose = (name: string) => {
    look?.onChange(name);
    changed();
  };
  const set = (changes: Values) => {
    setOptions(tab, { animation: changes });
    changed();
  };
  useLookKeys(
    looks.map(({ name }) => name),
    choose,
  );
  return (
    <>
      <div className={classes.looks} role="radiogroup" aria-label={text.title}>
        {looks.map(({ name, purpose, options }, at) => (
          <label
            key={name}
            className={classes.look}
            title={`${sentence(text.purposes[name] ?? purpose)}${at < maxKeys ? ` (${at + 1})` : ''}`}
          >
            <input type="radio" name="look" checked={name === look?.value} onChange={() => choose(name)} />
            <LookExample look={options} frames={frames} isMoving={!isBusy} />
            {text.names[name] ?? name}
          </label>
        ))}
        <button type="button" className={classes.look} title={`${text.adjustHint} (E)`} onClick={onAdjust}>
          <span className={classes.adjust}>
            <TuneIcon />
          </span>
          {text.adjust}
        </button>
      </div>
      <div className={classes.pair}>
        {duration && (
          <LengthMenu value={duration.value} onChange={(next) => set({ duration: next })} onMore={onAdjust} />
        )}
        {size && <ShapeMenu value={size.value} onChange={set} onMore={onAdjust} />}
      </div>
    </>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** Looks that have a key. */
const maxKeys = 7;

function useLookKeys(names: readonly string[], choose: (name: string) => void): void {
  const key = (name: string | undefined) => (name === undefined ? undefined : () => choose(name));
  useKey('1', key(names[0]));
  useKey('2', key(names[1]));
  useKey('3', key(names[2]));
  useKey('4', key(names[3]));
  useKey('5', key(names[4]));
  useKey('6', key(names[5]));
  useKey('7', key(names[6]));
}

type ValueProps = { readonly label: string; readonly value: string; readonly children: ReactNode };

function ValueMenu({ label, value, children }: ValueProps) {
  return (
    <Menu position="top-end" width={200}>
      <Menu.Target>
        <button type="button" className={classes.value}>
          <span>{label}</span>
          <b className="num">{value}</b>
          <DownIcon />
        </button>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

const lengths = [1, 2, 3, 5, 10, 20] as const;

type LengthProps = {
  readonly value: Value;
  readonly onChange: (duration: number | 'auto') => void;
  readonly onMore: () => void;
};

function LengthMenu({ value: duration, onChange, onMore }: LengthProps) {
  const { look: text, form } = words();
  const name = (value: unknown) => (value === 'auto' ? form.auto : `${value} s`);
  return (
    <ValueMenu label={text.length} value={name(duration)}>
      {(['auto', ...lengths] as const).map((each) => (
        <Menu.Item key={each} onClick={() => onChange(each)} aria-current={each === duration || undefined}>
          {name(each)}
        </Menu.Item>
      ))}
      <Menu.Item onClick={onMore}>{text.other}</Menu.Item>
    </ValueMenu>
  );
}

/** Shapes that people ask for, with the options that make them. */
const shapes = [
  { name: 'picture', size: 'auto', fit: 'contain' },
  { name: 'story', size: '1080x1920', fit: 'blur' },
  { name: 'square', size: '1080x1080', fit: 'blur' },
  { name: 'wide', size: '1920x1080', fit: 'blur' },
] as const;

type ShapeProps = {
  readonly value: Value;
  readonly onChange: (changes: Values) => void;
  readonly onMore: () => void;
};

function ShapeMenu({ value: size, onChange, onMore }: ShapeProps) {
  const { look: text } = words();
  const current = shapes.find((shape) => shape.size === size);
  return (
    <ValueMenu label={text.shape} value={current ? text.shapes[current.name] : String(size).replace('x', ' × ')}>
      {shapes.map(({ name, ...shape }) => (
        <Menu.Item key={name} onClick={() => onChange(shape)} aria-current={shape.size === size || undefined}>
          {text.shapes[name]}
        </Menu.Item>
      ))}
      <Menu.Item onClick={onMore}>{text.other}</Menu.Item>
    </ValueMenu>
  );
}
