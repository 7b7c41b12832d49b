import { useAbout } from '../api/queries.js';
import type { Tab } from '../form/form-store.js';
import { LookBar } from '../looks/look-bar.js';
import { words } from '../words/words.js';
import classes from './empty-stage.module.css';
import stageClasses from './stage.module.css';

/** Pictures that the embedded model draws well; each has a file of its name in public/examples. */
const examples = ['rocket', 'owl', 'ghost', 'cake', 'penguin', 'house'] as const;

const noSteps: readonly never[] = [];

type Props = {
  readonly tab: Tab;
  /** opens all options of the movie */
  readonly onAdjust: () => void;
  /** makes a picture of a prompt */
  readonly onPrompt: (prompt: string) => void;
};

/** The stage before anything was made: what one can begin with. */
export function EmptyStage({ tab, onPrompt, onAdjust }: Props) {
  const { data: about } = useAbout();
  const { hello, stage } = words();
  const isBuiltIn = about?.model === builtIn;
  const isAlone = isBuiltIn && new Set(about.models.flatMap(({ hosts }) => hosts)).size <= 1;
  return (
    <section className={stageClasses.stage} aria-label={stage.label}>
      <div className={classes.hello}>
        <h2>{hello.title}</h2>
        <p>{hello.text}</p>
        <div className={classes.examples}>
          {examples.map((name) => (
            <button key={name} type="button" onClick={() => onPrompt(hello.examples[name])}>
              <img src={`/examples/${name}.webp`} alt="" width={172} height={172} />
              {hello.examples[name]}
            </button>
          ))}
        </div>
        {isBuiltIn && <p>{hello.builtIn}</p>}
        {isAlone && (
          <a className={classes.card} href="#settings">
            <strong>{hello.connect}</strong>
            <span>{hello.connectText}</span>
          </a>
        )}
      </div>
      <div className={`${stageClasses.below} ${classes.looks}`}>
        <LookBar tab={tab} steps={noSteps} isBusy={false} onChange={undefined} onAdjust={onAdjust} />
      </div>
    </section>
  );
}

/** The model that comes with the service. */
const builtIn = 'emoji';
