import { Alert, Button, Grid, Stack } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { useAbout, useJob } from '../api/queries.js';
import type { NewJobShape } from '../api/types.js';
import { AnimationPanel } from '../form/animation-panel.js';
import { focusProblem } from '../form/focus-problem.js';
import { FormActions } from '../form/form-actions.js';
import { problemsOf } from '../form/form-options.js';
import { FormSkeleton } from '../form/form-skeleton.js';
import { getForm, type Tab } from '../form/form-store.js';
import { GenerationFields } from '../form/generation-fields.js';
import { PromptArea } from '../form/prompt-area.js';
import { useFormKeys } from '../form/use-form-keys.js';
import { showFollower, useShownJob } from '../run/run-store.js';
import { RunView } from '../run/run-view.js';
import { tellError, useCancel, useSkip, useSubmit } from '../run/use-generate.js';
import classes from './generate-tab.module.css';

type Props = {
  readonly tab: Tab;
  /** what the form asks for; it throws where something is missing */
  readonly request: () => Promise<NewJobShape>;
  /** stands above the settings */
  readonly children?: ReactNode;
};

/** The form of a tab at the left, what comes of it at the right. */
export function GenerateTab({ tab, request, children }: Props) {
  const about = useAbout();
  const { data: job } = useJob(useShownJob(tab));
  const isRunning = job?.state === 'running' || job?.state === 'queued';
  const submit = useSubmit(tab, isRunning);
  const cancel = useCancel();
  const skip = useSkip();
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isRunning) showFollower(tab);
  }, [isRunning, tab]);
  const generate = () => {
    if (submit.isPending || !about.data) return;
    const problems = problemsOf(about.data, tab, getForm(tab));
    if (problems.length === 0) request().then(submit.mutate, tellError);
    else {
      tellError(new Error(problems.join(' ')));
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
    <Alert color="red" title="The options cannot be read">
      <Stack gap="sm" align="start">
        The service does not answer. Is it still running?
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}
