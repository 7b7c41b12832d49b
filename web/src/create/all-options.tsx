import { Switch, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { useAbout } from '../api/queries.js';
import type { AboutShape } from '../api/types.js';
import { type BoundOption, useOptions } from '../form/form-options.js';
import { type Group, setScriptEnabled, type Tab, useForm } from '../form/form-store.js';
import { labelOf } from '../form/option-checks.js';
import { inGroups, matches, movieGroups, pictureGroups } from '../form/option-groups.js';
import { OptionRow } from '../form/option-row.js';
import { Row } from '../form/row.js';
import rows from '../form/row.module.css';
import { SaveLook } from '../looks/save-look.js';
import { ChevronLeftIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import classes from './create.module.css';

type Props = {
  readonly tab: Tab;
  /** of what */
  readonly side: 'movie' | 'picture';
  readonly onSide: (side: 'movie' | 'picture') => void;
  readonly onBack: () => void;
};

/** All options of the movie or of the picture, in groups, with a search. */
export function AllOptions({ tab, side, onSide, onBack }: Props) {
  const [text, setText] = useState('');
  const { all } = words();
  const sides = (['movie', 'picture'] as const).map((each) => (
    <button
      key={each}
      type="button"
      role="tab"
      id={`side-${each}`}
      aria-selected={each === side}
      aria-controls="all-options"
      onClick={() => onSide(each)}
    >
      {all[each]}
    </button>
  ));
  return (
    <div className={classes.pane} data-level>
      <div className={classes.back}>
        <button type="button" className={rows.icon} aria-label={words().nav.back} onClick={onBack}>
          <ChevronLeftIcon />
        </button>
        <h2>{all.title}</h2>
        {side === 'movie' && <SaveLook tab={tab} />}
      </div>
      <div className={classes.sides} role="tablist" aria-label={all.title}>
        {sides}
      </div>
      <TextInput
        type="search"
        aria-label={all.find}
        placeholder={all.find}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div id="all-options" role="tabpanel" aria-labelledby={`side-${side}`}>
        {text.trim() ? (
          <Found tab={tab} text={text.trim()} />
        ) : side === 'movie' ? (
          <Groups tab={tab} group="animation" groups={movieGroups} />
        ) : (
          <Groups tab={tab} group="generation" groups={pictureGroups} />
        )}
      </div>
    </div>
  );
}

type GroupsProps = { readonly tab: Tab; readonly group: Group; readonly groups: typeof movieGroups };

function Groups({ tab, group, groups }: GroupsProps) {
  const options = useOptions(tab, group);
  const { groups: names } = words();
  const shown = inGroups(
    groups,
    Object.values(options).map(({ option }) => option),
  ).filter(({ name }) => tab === 'txt2img' || name !== 'secondPass');
  return shown.map(({ name, options: inside }) => (
    <section key={name} className={classes.group} aria-labelledby={`group-${name}`}>
      <h3 id={`group-${name}`}>{names[name]}</h3>
      {name === 'expert' && <MovieSwitch tab={tab} />}
      {inside.map((option) => (
        <Bound key={option.name} bound={options[option.name]} />
      ))}
    </section>
  ));
}

/** Options of both sides that somebody looks for. */
function Found({ tab, text }: { readonly tab: Tab; readonly text: string }) {
  const generation = useOptions(tab, 'generation');
  const animation = useOptions(tab, 'animation');
  const found = [...Object.values(animation), ...Object.values(generation)].filter(
    ({ option }) => !promptNames.includes(option.name) && matches(option, labelOf(option), text),
  );
  if (found.length === 0) return <p className={classes.hint}>{words().all.nothing(text)}</p>;
  return found.map((bound) => <Bound key={bound.option.name} bound={bound} />);
}

const promptNames: readonly string[] = ['prompt', 'negativePrompt'];

function Bound({ bound }: { readonly bound: BoundOption | undefined }): ReactNode {
  const { data: about } = useAbout();
  if (!bound) return null;
  const titles = bound.option.name === 'codec' && about ? { titles: codecTitles(about) } : {};
  return <OptionRow {...bound} {...titles} />;
}

/** What the original script calls *Script Enabled*. */
function MovieSwitch({ tab }: { readonly tab: Tab }) {
  const id = useId();
  const { scriptEnabled } = useForm(tab);
  const { all } = words();
  return (
    <Row label={all.makeMovie} htmlFor={id} help={all.makeMovieHelp}>
      <Switch
        id={id}
        checked={scriptEnabled}
        onChange={(event) => setScriptEnabled(tab, event.currentTarget.checked)}
      />
    </Row>
  );
}

/** Names of the formats of encoders, by codec. */
const formats: Readonly<Record<string, string>> = {
  x264: 'H.264',
  x265: 'HEVC',
  'vpx-vp9': 'VP9',
  'svt-av1': 'AV1',
  prores_ks: 'ProRes',
  apng: 'animated PNG',
};

/** Labels of the codecs: the name of an encoder with its format and file extension. */
function codecTitles({ codecs }: AboutShape): Readonly<Record<string, string>> {
  return Object.fromEntries(
    codecs.map(({ name, extension }) => [name, `${name} (${formats[name] ? `${formats[name]}, ` : ''}.${extension})`]),
  );
}
