import type { ReactNode } from 'react';
import type { OptionShape } from '../api/types.js';
import { HelpButton } from './help-button.js';
import { labelOf } from './option-text.js';
import classes from './with-help.module.css';

type Props = {
  readonly option: OptionShape;
  /** of the field, whose width the button keeps clear of */
  readonly label?: string;
  readonly children: ReactNode;
};

/** A field with a button for its help behind its label. */
export function WithHelp({ option, label = labelOf(option), children }: Props) {
  return (
    <div className={classes.field}>
      {children}
      <div className={classes.help} data-label={label}>
        <HelpButton option={option} />
      </div>
    </div>
  );
}
