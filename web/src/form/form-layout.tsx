import { Accordion, Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import type { ReactNode } from 'react';

function useOpenSections() {
  const [stored, setOpen] = useLocalStorage<string[]>({
    key: 'steps-animation.sections',
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return { open: Array.isArray(stored) ? stored : [], setOpen };
}

type SectionsProps = { readonly variant?: 'contained' | 'filled'; readonly children: ReactNode };

/** Sections of a form, closed by default; the browser remembers which ones are open. */
export function Sections({ variant = 'contained', children }: SectionsProps) {
  const { open, setOpen } = useOpenSections();
  return (
    <Accordion variant={variant} chevronPosition="left" multiple value={open} onChange={setOpen}>
      {children}
    </Accordion>
  );
}

type SectionProps = {
  /** key in local storage, and part of element ids: no spaces */
  readonly name: string;
  readonly title: string;
  /** its main settings, shown while it is closed */
  readonly summary?: string | undefined;
  readonly children: ReactNode;
};

export function Section({ name, title, summary, children }: SectionProps) {
  const { open } = useOpenSections();
  return (
    <Accordion.Item value={name}>
      <Accordion.Control>
        <Group justify="space-between" wrap="nowrap" gap="sm">
          <Text inherit style={{ whiteSpace: 'nowrap' }}>
            {title}
          </Text>
          {summary !== undefined && !open.includes(name) && (
            <Text size="sm" c="dimmed" truncate>
              {summary}
            </Text>
          )}
        </Group>
      </Accordion.Control>
      <Accordion.Panel>{children}</Accordion.Panel>
    </Accordion.Item>
  );
}

/** A placeholder of the same height as the fields, until the options are loaded. */
export function FormSkeleton() {
  return (
    <Stack gap="md" aria-hidden>
      <Skeleton h={61} />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <Skeleton h={61} />
        <Skeleton h={61} />
      </SimpleGrid>
      <Skeleton h={52} />
      <Skeleton h={61} />
      <Skeleton h={61} />
      <Skeleton h={52} />
      <Skeleton h={61} />
      <Skeleton h={96} />
      <Skeleton h={48} />
    </Stack>
  );
}
