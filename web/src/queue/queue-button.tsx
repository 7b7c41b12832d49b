import { Popover, Switch } from '@mantine/core';
import { useId, useState } from 'react';
import { useActiveJobs } from '../api/queries.js';
import { ListIcon } from '../ui/icons.js';
import { useKey } from '../ui/keys.js';
import { words } from '../words/words.js';
import { canNotify, setNotify, useNotify } from './notify.js';
import classes from './queue.module.css';
import { QueueList } from './queue-list.js';

type Props = {
  /** the button of a phone's tabs has a word; that beside *Generate* opens by a key */
  readonly isTab?: boolean;
};

/** Opens the queue in reach of *Generate*, and says how many are in it. */
export function QueueButton({ isTab = false }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { data: jobs = [] } = useActiveJobs();
  const { queue } = words();
  const waiting = jobs.filter(({ position }) => position !== null).length;
  const seconds = jobs[0]?.progress?.secondsLeft;
  useKey('q', isTab ? undefined : () => setOpen(true));
  const label = queue.label(jobs.length - waiting, waiting);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="top-end" width={336} trapFocus shadow="md" withinPortal>
      <Popover.Target>
        <button
          type="button"
          className={isTab ? undefined : classes.open}
          aria-label={label}
          title={`${queue.title} (Q)`}
          onClick={() => setOpen(!isOpen)}
        >
          <ListIcon size={isTab ? 20 : 18} />
          {isTab ? queue.count(jobs.length) : null}
          {!isTab && jobs.length > 0 && <em className={classes.count}>{jobs.length}</em>}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={queue.title}>
        <div className={classes.head}>
          <h2>{queue.title}</h2>
          {typeof seconds === 'number' && <small>{queue.left(Math.ceil(seconds))}</small>}
        </div>
        <QueueList />
        {canNotify() && <NotifySwitch />}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Asks for consent when it is turned on. */
export function NotifySwitch() {
  const id = useId();
  const isOn = useNotify();
  return (
    <div className={classes.notify}>
      <label htmlFor={id}>{words().queue.notify}</label>
      <Switch id={id} checked={isOn} onChange={(event) => void setNotify(event.currentTarget.checked)} />
    </div>
  );
}
