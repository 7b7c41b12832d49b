import { Accordion, Group, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import type { ReactNode } from 'react';

function useOpenSections() {
  const [kept, setOpen] = useLocalStorage<string[]>({
    key: 'steps-animation.sections',
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return { open: Array.isArray(kept) ? kept : [], setOpen };
}

type SectionsProps = { readonly variant?: 'contained' | 'filled'; readonly children: ReactNode };

/** Parts of a form that are closed at first; the browser remembers those that are open. */
export function Sections({ variant = 'contained', children }: SectionsProps) {
  const { open, setOpen } = useOpenSections();
  return (
    <Accordion variant={variant} chevronPosition="left" multiple value={open} onChange={setOpen}>
      {children}
    </Accordion>
  );
}

type SectionProps = {
  /** under which it is remembered; a part of ids, so without spaces */
  readonly name: string;
  readonly title: string;
  /** what is set in it, shown while it is closed */
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
