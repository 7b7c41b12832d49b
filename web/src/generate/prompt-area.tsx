import { Button, Group, Skeleton, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { type BoundOption, useOptions } from '../form/form-options.js';
import type { Tab } from '../form/form-store.js';
import { WithHelp } from '../form/option-help.js';
import classes from './generate-tab.module.css';

type Props = {
  readonly tab: Tab;
  readonly isRunning: boolean;
  readonly isSending: boolean;
  readonly onGenerate: () => void;
  readonly onInterrupt: () => void;
  /** undefined while there is nothing to skip */
  readonly onSkip: (() => void) | undefined;
};

/** The prompts, with the buttons that start and stop a job. */
export function PromptArea({ tab, isRunning, isSending, onGenerate, onInterrupt, onSkip }: Props) {
  const { prompt, negativePrompt, model } = useOptions(tab, 'generation');
  return (
    <Group align="start" gap="md" wrap="wrap">
      <Stack gap="xs" flex="1 1 20rem">
        {prompt ? (
          <PromptField {...prompt} model={String(model?.value ?? '')} rows={3} hint="Ctrl+Enter generates" />
        ) : (
          <Skeleton h={121} />
        )}
        {negativePrompt ? (
          <WithHelp option={negativePrompt.option}>
            <PromptField {...negativePrompt} model={String(model?.value ?? '')} rows={2} hint="" />
          </WithHelp>
        ) : (
          <Skeleton h={99} />
        )}
      </Stack>
      <Stack gap="xs" className={classes.buttons ?? ''}>
        <Button size="lg" className={classes.generate ?? ''} onClick={onGenerate} loading={isSending}>
          {isRunning ? 'Generate next' : 'Generate'}
        </Button>
        <Group gap="xs" wrap="nowrap" className={classes.others ?? ''}>
          <Button variant="default" px="xs" onClick={onInterrupt} disabled={!isRunning}>
            Interrupt
          </Button>
          <Button
            variant="default"
            px="xs"
            onClick={onSkip}
            disabled={!onSkip}
            title="End the current image and continue with the next one"
          >
            Skip
          </Button>
        </Group>
      </Stack>
    </Group>
  );
}

type FieldProps = BoundOption & { readonly model: string; readonly rows: number; readonly hint: string };

function PromptField({ option, value, onChange, model, rows, hint }: FieldProps) {
  return (
    <div>
      <Textarea
        label={option.label}
        placeholder={hint}
        value={String(value)}
        minRows={rows}
        autosize
        maxRows={12}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <TokenCount text={String(value)} model={model} />
    </div>
  );
}

/** The number of tokens of a prompt, and how many fit. */
function TokenCount({ text, model }: { readonly text: string; readonly model: string }) {
  const [settled] = useDebouncedValue(text, 400);
  const { data } = useQuery({
    queryKey: ['tokens', model, settled],
    queryFn: ({ signal }) =>
      request<{ count: number | null; limit: number | null }>('/tokens', {
        method: 'POST',
        body: { text: settled, model },
        signal,
      }),
    enabled: model !== '',
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <Text size="xs" c="dimmed" ta="right" mih="1.3em">
      {typeof data?.count === 'number' && (
        <span title="Tokens of the prompt, and how many fit">{`${data.count} / ${data.limit} tokens`}</span>
      )}
    </Text>
  );
}
