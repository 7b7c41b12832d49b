import { Alert, Button, Stack, VisuallyHidden } from '@mantine/core';
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react';
import { useAbout, useActiveJobs, useJob } from '../api/queries.js';
import type { AboutShape, NewJobShape } from '../api/types.js';
import { FormActions } from '../form/form-actions.js';
import { FormSkeleton } from '../form/form-layout.js';
import { formProblems } from '../form/form-options.js';
import { getForm, setOptions, type Tab, useForm } from '../form/form-store.js';
import { rowOptions } from '../form/option-groups.js';
import { QueueButton } from '../queue/queue-button.js';
import {
  setLastResult,
  showNextJob,
  showRunning,
  useCancel,
  useLastResult,
  useShownJob,
  useSubmit,
} from '../run/job-actions.js';
import { announcement } from '../run/progress-text.js';
import { goTo } from '../shell/place.js';
import { EmptyStage } from '../stage/empty-stage.js';
import { LiveStage } from '../stage/live-stage.js';
import { ResultStage } from '../stage/result-stage.js';
import { ChevronRightIcon, TuneIcon } from '../ui/icons.js';
import { isOverlayOpen, useKey } from '../ui/keys.js';
import { notifyError } from '../ui/notifications.js';
import { words } from '../words/words.js';
import { AllOptions } from './all-options.js';
import classes from './create.module.css';
import { MainRows } from './main-rows.js';
import { PromptArea } from './prompt-area.js';

type Props = {
  readonly tab: Tab;
  /** builds the job of the form; rejects if something is missing */
  readonly createJob: (about: AboutShape) => Promise<NewJobShape>;
  /** shown above the generation options */
  readonly children?: ReactNode;
};

/** What to make on the left, and on the stage what was made. */
export function CreatePage({ tab, createJob, children }: Props) {
  const about = useAbout();
  const values = useForm(tab);
  const { data: job } = useJob(useShownJob(tab));
  const isRunning = job?.state === 'running' || job?.state === 'queued';
  const submit = useSubmit(tab, isRunning);
  const cancel = useCancel();
  const form = useRef<HTMLElement>(null);
  const [isSheetOpen, setSheetOpen] = useState(false);
  const [level, setLevel] = useState<'movie' | 'picture'>();
  const [problem, setProblem] = useState<string>();
  // The field is there only when its level has been drawn.
  useEffect(() => {
    if (problem === undefined) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    setProblem(undefined);
  }, [problem]);
  const openOptions = (side: 'movie' | 'picture') => {
    setLevel(side);
    setSheetOpen(true);
  };
  useEffect(() => {
    if (!isRunning) showNextJob(tab);
  }, [isRunning, tab]);
  const { data: active } = useActiveJobs();
  useEffect(() => {
    if (active) showRunning(tab, active);
  }, [active, tab]);
  const generate = () => {
    if (submit.isPending || !about.data) return;
    const problems = formProblems(about.data, tab, getForm(tab));
    const [first] = problems;
    if (!first) {
      setSheetOpen(false);
      createJob(about.data).then(submit.mutate, notifyError);
      return;
    }
    notifyError(problems.map(({ label, problem }) => `${label}: ${problem}`).join(' '));
    setSheetOpen(true);
    setLevel(rowOptions.includes(first.name) ? undefined : first.group === 'animation' ? 'movie' : 'picture');
    setProblem(first.name);
  };
  const makePicture = (prompt: string) => {
    setOptions('txt2img', { generation: { prompt } });
    if (tab === 'txt2img') generate();
    else goTo('txt2img');
  };
  const interrupt = () => job && cancel.mutate(job.id);
  const back = level
    ? () => setLevel(undefined)
    : isSheetOpen
      ? () => setSheetOpen(false)
      : isRunning
        ? interrupt
        : undefined;
  useFormKeys({ onGenerate: generate, onBack: back });
  useKey('e', () => openOptions('movie'));
  useKey('/', () => {
    setLevel(undefined);
    setSheetOpen(true);
    // On phones, the sheet has to be open before its field can take the focus.
    requestAnimationFrame(() => form.current?.querySelector('textarea')?.focus());
  });
  const { form: text } = words();
  const label = isRunning ? text.addToQueue : text.generate;
  const button = (
    <Button className={classes.generate ?? ''} onClick={generate} loading={submit.isPending} title="Ctrl+Enter">
      {label}
    </Button>
  );
  return (
    <>
      <section ref={form} className={classes.left} aria-label={text.label} data-open={isSheetOpen || undefined}>
        <button
          type="button"
          className={classes.grab}
          aria-label={words().nav.close}
          onClick={() => setSheetOpen(false)}
        />
        {level && <AllOptions tab={tab} side={level} onSide={setLevel} onBack={() => setLevel(undefined)} />}
        <div className={classes.pane} hidden={level !== undefined}>
          <StartLinks tab={tab} />
          <PromptArea tab={tab} />
          {children}
          {about.isError && !about.data && <Unreachable onRetry={() => void about.refetch()} />}
          {about.isPending && <FormSkeleton />}
          {about.data && (
            <>
              <MainRows tab={tab} lastSeed={job?.images.at(-1)?.seed} />
              <button type="button" className={classes.link} onClick={() => openOptions('picture')} title="E">
                <TuneIcon size={15} />
                {text.allOptions}
                <ChevronRightIcon size={15} />
              </button>
              <FormActions tab={tab} />
            </>
          )}
        </div>
        <div className={classes.foot}>
          {button}
          <QueueButton />
        </div>
      </section>
      {/* Screen readers announce only changes of an element that stays in the document. */}
      <VisuallyHidden role="status" aria-live="polite">
        {job && announcement(job)}
      </VisuallyHidden>
      <main className={classes.main}>
        <StageOf tab={tab} onPrompt={makePicture} onAdjust={() => openOptions('movie')} />
      </main>
      <div className={classes.bar}>
        <button
          type="button"
          className={classes.sheetButton}
          aria-label={text.settings}
          onClick={() => setSheetOpen(true)}
        >
          <TuneIcon />
        </button>
        <button type="button" className={classes.line} onClick={() => setSheetOpen(true)}>
          {String(values.generation.prompt ?? '') || text.whatToSee}
        </button>
        {button}
      </div>
    </>
  );
}

type StageProps = {
  readonly tab: Tab;
  readonly onPrompt: (prompt: string) => void;
  /** opens all options of the movie */
  readonly onAdjust: () => void;
};

/** The stage of a tab: the job that is made, the result, or an invitation. */
function StageOf({ tab, onPrompt, onAdjust }: StageProps) {
  const { data: job } = useJob(useShownJob(tab));
  const { data: last } = useJob(useLastResult(tab));
  const isRunning = job?.state === 'running' || job?.state === 'queued';
  const hasPicture = job !== undefined && !isRunning && job.images.length > 0 && job.state !== 'failed';
  useEffect(() => {
    if (hasPicture && job) setLastResult(tab, job.id);
  }, [hasPicture, job, tab]);
  if (!job) return <EmptyStage tab={tab} onPrompt={onPrompt} onAdjust={onAdjust} />;
  if (isRunning) return <LiveStage job={job} onAdjust={onAdjust} />;
  const [shown, failed] = !hasPicture && last && last.id !== job.id ? [last, job] : [job, undefined];
  return <ResultStage key={shown.id} job={shown} failed={failed} onAdjust={onAdjust} />;
}

/** From words or from a picture, with the names that the web UIs have for it. */
function StartLinks({ tab }: { readonly tab: Tab }) {
  const { start } = words();
  const link = (to: Tab, label: string) => (
    <a href={`#${to}`} aria-current={tab === to ? 'page' : undefined}>
      {label} <small>{to}</small>
    </a>
  );
  return (
    <nav className={classes.start} aria-label={start.label}>
      {link('txt2img', start.words)}
      {link('img2img', start.picture)}
    </nav>
  );
}

function Unreachable({ onRetry }: { readonly onRetry: () => void }) {
  const { connection } = words();
  return (
    <Alert color="red" title={connection.noOptions}>
      <Stack gap="sm" align="start">
        {connection.noAnswer}
        <Button size="xs" variant="default" onClick={onRetry}>
          {connection.tryAgain}
        </Button>
      </Stack>
    </Alert>
  );
}

/** Generates images from words. */
export function Txt2img() {
  const createJob = async () => {
    const { generation, animation, scriptEnabled } = getForm('txt2img');
    return { kind: 'txt2img' as const, generation, animation: scriptEnabled ? animation : null };
  };
  return <CreatePage tab="txt2img" createJob={createJob} />;
}

type Keys = {
  readonly onGenerate: () => void;
  /** one level back, or stops what is made; undefined if there is neither */
  readonly onBack: (() => void) | undefined;
};

/** Ctrl+Enter generates; Escape goes back, unless it closes something. */
function useFormKeys({ onGenerate, onBack }: Keys): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.isComposing || event.repeat) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !isOverlayOpen()) {
      event.preventDefault();
      event.stopPropagation();
      onGenerate();
    }
    if (event.key === 'Escape' && onBack && !isOverlayOpen()) onBack();
  });
  useEffect(() => {
    // Capture runs before the fields close their menus on Escape, when they can still be seen to be open.
    const options = { capture: true };
    addEventListener('keydown', press, options);
    return () => removeEventListener('keydown', press, options);
  }, []);
}
