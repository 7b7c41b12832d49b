import { type ComponentProps, type CSSProperties, type ReactNode, type RefObject, useRef } from 'react';
import { words } from '../words/words.js';
import { Glow } from './glow.js';
import classes from './stage.module.css';

type Props = {
  /** in pixels, of what is shown */
  readonly width: number;
  readonly height: number;
  /** on the left of the picture */
  readonly takes?: ReactNode;
  /** further movies of what is shown */
  readonly versions?: ReactNode;
  /** what is shown, over one another */
  readonly children: ReactNode;
  readonly frame?: RefObject<HTMLDivElement | null>;
  /** on the right of the picture */
  readonly actions: ReactNode;
  /** a line above the film strip */
  readonly message?: ReactNode;
  /** the film strip with its controls */
  readonly time: ReactNode;
  /** below it */
  readonly below?: ReactNode;
};

/** The stage: picture, rails, time and looks, at the same places whatever happens. */
export function StageLayout({ width, height, takes, versions, children, frame, actions, message, time, below }: Props) {
  const own = useRef<HTMLDivElement>(null);
  const picture = frame ?? own;
  const aspect = width > 0 && height > 0 ? width / height : 1;
  const { stage } = words();
  return (
    <section className={classes.stage} aria-label={stage.label} style={{ '--a': aspect } as CSSProperties}>
      <Glow picture={picture} />
      <div className={classes.view}>
        <div className={`${classes.rail} ${classes.takes}`}>
          {versions && <div className={classes.versionsRail}>{versions}</div>}
          {takes}
        </div>
        <div className={classes.frame}>
          <div ref={picture} className={classes.picture}>
            {children}
          </div>
        </div>
        <fieldset className={`${classes.rail} ${classes.acts}`} aria-label={stage.actions}>
          {actions}
        </fieldset>
      </div>
      <div>
        {message}
        <div className={classes.time}>{time}</div>
      </div>
      <div className={classes.below}>{below}</div>
    </section>
  );
}

type ActProps = {
  readonly icon: ReactNode;
  readonly label: string;
  readonly hint?: string;
  readonly onClick?: () => void;
  readonly isDisabled?: boolean;
  /** the one that is wanted most */
  readonly isMain?: boolean;
} & Omit<ComponentProps<'button'>, 'children'>;

/** A button of the rail beside the picture. */
export function Act({ icon, label, hint, isDisabled = false, isMain = false, className = '', ...button }: ActProps) {
  return (
    <button
      type="button"
      className={`${classes.act} ${className}`}
      title={hint}
      disabled={isDisabled}
      data-main={isMain || undefined}
      {...button}
    >
      {icon}
      {label}
    </button>
  );
}
