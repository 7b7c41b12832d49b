import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, type PointerEvent, type RefObject, useRef, useState } from 'react';
import { request } from '../api/client.js';
import { keys, useActiveJobs, useHosts } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { useCancel } from '../run/job-actions.js';
import { jobTitle, progressPercent, progressText } from '../run/progress-text.js';
import { CloseIcon, GripIcon } from '../ui/icons.js';
import { notifyError } from '../ui/notifications.js';
import { words } from '../words/words.js';
import classes from './queue.module.css';

/** What is being made and what waits, which can be moved and cancelled. */
export function QueueList() {
  const { data: jobs = [] } = useActiveJobs();
  const { data: { hosts } = { hosts: [] } } = useHosts();
  const list = useRef<HTMLUListElement>(null);
  const move = useMove();
  const cancel = useCancel();
  const { queue } = words();
  const waiting = jobs.filter(({ position }) => position !== null);
  if (jobs.length === 0) return <p className={classes.empty}>{queue.empty}</p>;
  return (
    <>
      <ul ref={list} className={classes.list}>
        {jobs.map((job) => (
          <Item
            key={job.id}
            job={job}
            waiting={waiting.length}
            showsHost={hosts.length > 1}
            list={list}
            onMove={(position) => move.mutate({ id: job.id, position })}
            onCancel={() => cancel.mutate(job.id)}
          />
        ))}
      </ul>
      {waiting.length > 1 && (
        <button
          type="button"
          className={classes.clear}
          onClick={() => {
            for (const { id } of waiting) cancel.mutate(id);
          }}
        >
          {queue.clear}
        </button>
      )}
    </>
  );
}

function useMove() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, position }: { id: string; position: number }) =>
      request(`/jobs/${id}/move`, { method: 'POST', body: { position } }),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.active }),
    onError: notifyError,
  });
}

type ItemProps = {
  readonly job: JobShape;
  /** number of jobs that wait */
  readonly waiting: number;
  readonly showsHost: boolean;
  readonly list: RefObject<HTMLUListElement | null>;
  readonly onMove: (position: number) => void;
  readonly onCancel: () => void;
};

function Item({ job, waiting, showsHost, list, onMove, onCancel }: ItemProps) {
  const { position, progress, host, images, waitsFor } = job;
  const { queue } = words();
  const title = jobTitle(job);
  const picture = images.findLast(({ steps }) => steps.length > 0)?.steps.at(-1)?.url;
  const details = [progressText(job), host !== null && showsHost ? queue.on(host) : undefined];
  const isWaiting = position !== null;
  return (
    <li className={classes.item} data-waiting={isWaiting || undefined} data-stuck={waitsFor.length > 0 || undefined}>
      <span className={classes.thumb}>{picture && <img src={picture} alt="" />}</span>
      <div className={classes.text}>
        <p title={title}>{title}</p>
        <small>{details.filter((each) => each !== undefined).join(' · ')}</small>
        {!isWaiting && <progress max={100} value={progressPercent(progress)} aria-label={queue.progressOf(title)} />}
      </div>
      {isWaiting && waiting > 1 && (
        <Grip label={queue.move(title)} position={position} last={waiting} list={list} onMove={onMove} />
      )}
      <button
        type="button"
        className={classes.button}
        title={isWaiting ? queue.cancel : queue.stop}
        aria-label={`${isWaiting ? queue.cancel : queue.stop}: ${title}`}
        onClick={onCancel}
      >
        <CloseIcon />
      </button>
    </li>
  );
}

type GripProps = {
  readonly label: string;
  /** from 1 */
  readonly position: number;
  readonly last: number;
  readonly list: RefObject<HTMLUListElement | null>;
  readonly onMove: (position: number) => void;
};

/** Moves a job by dragging, or with the arrow keys. */
function Grip({ label, position, last, list, onMove }: GripProps) {
  const [target, setTarget] = useState<number>();
  const press = (event: KeyboardEvent) => {
    const next = { ArrowUp: position - 1, ArrowDown: position + 1, Home: 1, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (next >= 1 && next <= last && next !== position) onMove(next);
  };
  const positionAt = ({ clientY }: PointerEvent): number => {
    const items = [...(list.current?.querySelectorAll('[data-waiting]') ?? [])];
    const above = items.filter((item) => {
      const { top, height } = item.getBoundingClientRect();
      return clientY > top + height / 2;
    }).length;
    return Math.min(Math.max(above < position ? above + 1 : above, 1), last);
  };
  return (
    <button
      type="button"
      className={classes.button}
      data-grip
      data-target={target}
      title={words().queue.moveHint}
      aria-label={label}
      onKeyDown={press}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setTarget(position);
      }}
      onPointerMove={(event) => target !== undefined && setTarget(positionAt(event))}
      onPointerUp={() => {
        if (target !== undefined && target !== position) onMove(target);
        setTarget(undefined);
      }}
      onPointerCancel={() => setTarget(undefined)}
    >
      <GripIcon />
    </button>
  );
}
