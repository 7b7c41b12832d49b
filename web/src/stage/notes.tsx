import { Popover } from '@mantine/core';
import { words } from '../words/words.js';
import classes from './stage.module.css';

/** The notes of a job: the last one in a line, all of them on a click. With the detailed log there are many. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  const last = notes.at(-1);
  if (last === undefined) return null;
  return (
    <div className={classes.message}>
      <p className={classes.oneLine}>{last}</p>
      {notes.length > 1 && (
        <Popover width={420} position="top" withinPortal>
          <Popover.Target>
            <button type="button" className={classes.control}>
              {`${words().actions.notes} (${notes.length})`}
            </button>
          </Popover.Target>
          <Popover.Dropdown className={classes.notes ?? ''}>
            {notes.map((note, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: notes are only appended, and may repeat
              <p key={index}>{note}</p>
            ))}
          </Popover.Dropdown>
        </Popover>
      )}
    </div>
  );
}
