import { Grid, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useJob } from '../api/queries.js';
import type { NewJobShape } from '../api/types.js';
import { AnimationPanel } from '../form/animation-panel.js';
import type { Tab } from '../form/form-store.js';
import { GenerationFields } from '../form/generation-fields.js';
import { PromptArea } from '../form/prompt-area.js';
import { useShownJob } from '../run/run-store.js';
import { RunView } from '../run/run-view.js';
import { tellError, useCancel, useSubmit } from '../run/use-generate.js';

type Props = {
  readonly tab: Tab;
  /** what the form asks for; it throws where something is missing */
  readonly request: () => Promise<NewJobShape>;
  /** stands above the settings */
  readonly children?: ReactNode;
};

/** The form of a tab at the left, what comes of it at the right. */
export function GenerateTab({ tab, request, children }: Props) {
  const { data: job } = useJob(useShownJob(tab));
  const submit = useSubmit(tab);
  const cancel = useCancel();
  const generate = () => {
    if (!submit.isPending) request().then(submit.mutate, tellError);
  };
  return (
    <Stack gap="lg">
      <PromptArea
        tab={tab}
        isRunning={job?.state === 'running' || job?.state === 'queued'}
        isSending={submit.isPending}
        onGenerate={generate}
        onInterrupt={() => job && cancel.mutate(job.id)}
      />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }} order={{ base: 2, md: 1 }}>
          <Stack gap="md">
            {children}
            <GenerationFields tab={tab} lastSeed={job?.images.at(-1)?.seed} />
            <AnimationPanel tab={tab} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }} order={{ base: 1, md: 2 }}>
          <RunView job={job} />
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
