import { Popover } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { HelpIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import classes from './row.module.css';

type Props = {
  readonly label: string;
  /** id of the control, for the label; default: the label is text */
  readonly htmlFor?: string;
  /** what it does; default: no help */
  readonly help?: string | undefined;
  /** goes back to the default; undefined while it has it */
  readonly onReset?: (() => void) | undefined;
  /** what is wrong with its value */
  readonly problem?: string | undefined;
  /** more about it, below */
  readonly note?: string | undefined;
  readonly children: ReactNode;
};

/** A property: its name, and its value or control beside it. */
export function Row({ label, htmlFor, help, onReset, problem, note, children }: Props) {
  return (
    <div className={classes.row} data-row={label}>
      {onReset && (
        <button
          type="button"
          className={classes.dot}
          tabIndex={-1}
          title={words().form.reset}
          aria-label={`${words().form.reset}: ${label}`}
          onClick={onReset}
        />
      )}
      {htmlFor === undefined ? (
        <span className={classes.label}>{label}</span>
      ) : (
        <label className={classes.label} htmlFor={htmlFor}>
          {label}
        </label>
      )}
      <div className={classes.control}>{children}</div>
      {help !== undefined && <HelpButton label={label} help={help} />}
      {note !== undefined && <p className={classes.note}>{note}</p>}
      {problem !== undefined && <p className={classes.problem}>{problem}</p>}
    </div>
  );
}

/** Shows what an option does on hover, click, tap or key press. It is not in the way of the tab key. */
function HelpButton({ label, help }: { readonly label: string; readonly help: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} width={280} position="right" withArrow>
      <Popover.Target>
        <button
          type="button"
          className={classes.help}
          tabIndex={-1}
          aria-label={words().form.help(label)}
          onClick={() => setOpen(true)}
          onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setOpen(true)}
          onPointerLeave={({ pointerType }) => pointerType === 'mouse' && setOpen(false)}
          onBlur={() => setOpen(false)}
          onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
        >
          <HelpIcon size={15} />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <span role="status">{help}</span>
      </Popover.Dropdown>
    </Popover>
  );
}
