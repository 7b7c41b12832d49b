import { words } from '../words/words.js';
import classes from './stage.module.css';

/** The stage before anything was made. */
export function EmptyStage() {
  const { stage } = words();
  return (
    <section className={classes.stage} aria-label={stage.label}>
      <p className={classes.empty}>{stage.hint}</p>
    </section>
  );
}
