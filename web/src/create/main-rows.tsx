import { type ReactNode, useId } from 'react';
import { useAbout } from '../api/queries.js';
import type { AboutShape } from '../api/types.js';
import { useOptions } from '../form/form-options.js';
import { setOptions, type Tab } from '../form/form-store.js';
import { helpOf, labelOf, optionProblem } from '../form/option-checks.js';
import { NumberField, OptionRow } from '../form/option-row.js';
import { Row } from '../form/row.js';
import classes from '../form/row.module.css';
import { DiceIcon, LockIcon, RecycleIcon, SwapIcon } from '../ui/icons.js';
import { words } from '../words/words.js';

type Props = {
  readonly tab: Tab;
  /** of the image on the stage */
  readonly lastSeed: number | undefined;
};

/** What most pictures need, a row each. */
export function MainRows({ tab, lastSeed }: Props) {
  const { data: about } = useAbout();
  const { model, sampler, scheduler, steps, cfgScale, batchCount } = useOptions(tab, 'generation');
  if (!about) return null;
  const titles = Object.fromEntries(about.models.map((each) => [each.name, titleOf(each, about)]));
  return (
    <div className={classes.rows}>
      {model && <OptionRow {...model} titles={titles} />}
      <SizeRow tab={tab} />
      {sampler && <OptionRow {...sampler} />}
      {scheduler && <OptionRow {...scheduler} />}
      {steps && <OptionRow {...steps} />}
      {cfgScale && <OptionRow {...cfgScale} />}
      <SeedRow tab={tab} lastSeed={lastSeed} />
      {batchCount && <OptionRow {...batchCount} />}
    </div>
  );
}

/** A model, and the hosts that have it if there are several. */
function titleOf({ name, hosts }: AboutShape['models'][number], { models }: AboutShape): string {
  const allHosts = new Set(models.flatMap((model) => model.hosts));
  return allHosts.size > 1 ? `${name} (${hosts.join(', ')})` : name;
}

/** Width and height in a row; an empty field means the size of the model. */
function SizeRow({ tab }: { readonly tab: Tab }) {
  const id = useId();
  const { data: about } = useAbout();
  const { width, height, model } = useOptions(tab, 'generation');
  const { form } = words();
  if (!width || !height) return null;
  const own = about?.models.find(({ name }) => name === model?.value);
  if (own?.isSizeFixed) {
    const size = `${own.width} × ${own.height}`;
    return (
      <Row label={form.size} help={form.onlySize(size)}>
        <span className={classes.text} title={form.onlySize(size)}>
          {size}
        </span>
        <span className={classes.icon} title={form.onlySize(size)}>
          <LockIcon />
        </span>
      </Row>
    );
  }
  const isDefault = width.value === 0 && height.value === 0;
  const set = (next: { width: number; height: number }) => setOptions(tab, { generation: next });
  const field = ({ option, value, onChange }: typeof width, side: number | undefined, ownId: string) => (
    <NumberField
      id={ownId}
      {...{ option, value, onChange }}
      label={labelOf(option)}
      step={8}
      emptyValue={0}
      isWide
      placeholder={String(side ?? form.auto)}
    />
  );
  return (
    <Row
      label={form.size}
      htmlFor={id}
      help={helpOf(width.option)}
      onReset={isDefault ? undefined : () => set({ width: 0, height: 0 })}
      problem={optionProblem(width.option, width.value) ?? optionProblem(height.option, height.value)}
    >
      {field(width, own?.width, id)}
      <span aria-hidden="true">×</span>
      {field(height, own?.height, `${id}-height`)}
      <button
        type="button"
        className={classes.icon}
        title={form.swap}
        aria-label={form.swap}
        onClick={() => set({ width: Number(height.value), height: Number(width.value) })}
      >
        <SwapIcon />
      </button>
    </Row>
  );
}

/** The seed, with buttons for a random seed and for the seed of the last image. */
function SeedRow({ tab, lastSeed }: Props) {
  const id = useId();
  const { seed } = useOptions(tab, 'generation');
  const { form } = words();
  if (!seed) return null;
  const { option, value, onChange } = seed;
  const button = (label: string, icon: ReactNode, next: number | undefined) => (
    <button
      type="button"
      className={classes.icon}
      title={label}
      aria-label={label}
      disabled={next === undefined}
      onClick={() => next !== undefined && onChange(next)}
    >
      {icon}
    </button>
  );
  return (
    <Row
      label={labelOf(option)}
      htmlFor={id}
      help={helpOf(option)}
      onReset={value === -1 ? undefined : () => onChange(-1)}
      problem={optionProblem(option, value)}
    >
      <NumberField id={id} {...{ option, value, onChange }} step={1} isWide emptyValue={-1} placeholder={form.random} />
      {button(form.randomSeed, <DiceIcon />, -1)}
      {button(form.lastSeed, <RecycleIcon />, lastSeed)}
    </Row>
  );
}
