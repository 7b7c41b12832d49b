import { Alert, Button, Grid, Stack } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect, useEffectEvent, useRef } from 'react';
import { useAbout, useJob } from '../api/queries.js';
import type { AboutShape, NewJobShape } from '../api/types.js';
import { AnimationPanel } from '../form/animation-panel.js';
import { FormActions } from '../form/form-actions.js';
import { FormSkeleton } from '../form/form-layout.js';
import { formProblems } from '../form/form-options.js';
import { getForm, type Tab, useForm } from '../form/form-store.js';
import { GenerationFields } from '../form/generation-fields.js';
import { showNextJob, useCancel, useShownJob, useSkip, useSubmit } from '../run/job-actions.js';
import { RunView } from '../run/run-view.js';
import { notifyError } from '../ui/notifications.js';
import classes from './generate-tab.module.css';
import { PromptArea } from './prompt-area.js';

type Props = {
  readonly tab: Tab;
  /** builds the job of the form; rejects if something is missing */
  readonly createJob: (about: AboutShape) => Promise<NewJobShape>;
  /** shown above the generation options */
  readonly children?: ReactNode;
};

/** The form of a tab on the left, its job on the right. */
export function GenerateTab({ tab, createJob, children }: Props) {
  const about = useAbout();
  const { data: job } = useJob(useShownJob(tab));
  const isRunning = job?.state === 'running' || job?.state === 'queued';
  const submit = useSubmit(tab, isRunning);
  const cancel = useCancel();
  const skip = useSkip();
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isRunning) showNextJob(tab);
  }, [isRunning, tab]);
  const generate = () => {
    if (submit.isPending || !about.data) return;
    const problems = formProblems(about.data, tab, getForm(tab));
    if (problems.length === 0) createJob(about.data).then(submit.mutate, notifyError);
    else {
      notifyError(problems.join(' '));
      if (form.current) focusProblem(form.current);
    }
  };
  const interrupt = () => job && cancel.mutate(job.id);
  useFormKeys({ form, onGenerate: generate, onInterrupt: isRunning ? interrupt : undefined });
  return (
    <Stack gap="lg" ref={form} className={classes.tab ?? ''}>
      <PromptArea
        tab={tab}
        isRunning={isRunning}
        isSending={submit.isPending}
        onGenerate={generate}
        onInterrupt={interrupt}
        onSkip={job?.state === 'running' ? () => skip.mutate(job.id) : undefined}
      />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }} order={{ base: 2, md: 1 }}>
          <Stack gap="md">
            {children}
            {about.isError && !about.data && <Unreachable onRetry={() => void about.refetch()} />}
            {about.isPending && <FormSkeleton />}
            {about.data && (
              <>
                <GenerationFields tab={tab} lastSeed={job?.images.at(-1)?.seed} />
                <AnimationPanel tab={tab} />
                <FormActions tab={tab} />
              </>
            )}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }} order={{ base: 1, md: 2 }}>
          <RunView job={job} />
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Unreachable({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <Alert color="red" title="The options cannot be loaded">
      <Stack gap="sm" align="start">
        The service does not answer. Is it still running?
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}

/** Generates images from a prompt. */
export function Txt2imgTab() {
  const { generation, animation, scriptEnabled } = useForm('txt2img');
  return (
    <GenerateTab
      tab="txt2img"
      createJob={async () => ({ kind: 'txt2img', generation, animation: scriptEnabled ? animation : null })}
    />
  );
}

type Keys = {
  readonly form: RefObject<HTMLElement | null>;
  readonly onGenerate: () => void;
  /** undefined while no job runs */
  readonly onInterrupt: (() => void) | undefined;
};

/** Ctrl+Enter in the form generates; Escape interrupts, unless it closes something. */
function useFormKeys({ form, onGenerate, onInterrupt }: Keys): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.isComposing || event.repeat) return;
    const isWithin = event.target instanceof Node && form.current?.contains(event.target);
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && isWithin) {
      event.preventDefault();
      event.stopPropagation();
      onGenerate();
    }
    if (event.key === 'Escape' && onInterrupt && !isOverlayOpen()) onInterrupt();
  });
  useEffect(() => {
    // Capture runs before the fields close their menus on Escape, when they can still be seen to be open.
    const options = { capture: true };
    addEventListener('keydown', press, options);
    return () => removeEventListener('keydown', press, options);
  }, []);
}

function isOverlayOpen(): boolean {
  const overlays = document.querySelectorAll('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]');
  return document.fullscreenElement !== null || [...overlays].some((each) => each.getClientRects().length > 0);
}

/** Focuses the first invalid field, and opens the sections that contain it. */
function focusProblem(form: HTMLElement): void {
  const field = form.querySelector<HTMLElement>('[aria-invalid=true]');
  for (
    let section = field?.closest('[role=region]');
    section;
    section = section.parentElement?.closest('[role=region]')
  ) {
    const control = document.getElementById(section.getAttribute('aria-labelledby') ?? '');
    if (control?.getAttribute('aria-expanded') === 'false') control.click();
  }
  // A field in a closed section cannot be focused until the section is shown.
  setTimeout(() => field?.focus(), 50);
}
