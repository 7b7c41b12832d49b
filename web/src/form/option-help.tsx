import { ActionIcon, Popover, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { OptionShape } from '../api/types.js';
import { HelpIcon } from '../ui/icons.js';
import { helpOf, labelOf } from './option-checks.js';
import classes from './option-help.module.css';

type Props = {
  readonly option: OptionShape;
  /** label of the field, beside which the button is placed; default: the option's, with its unit */
  readonly label?: string;
  readonly children: ReactNode;
};

/** A field with a help button beside its label. */
export function WithHelp({ option, label = labelOf(option), children }: Props) {
  return (
    <div className={classes.field}>
      {children}
      <div className={classes.help} data-label={label}>
        <HelpButton option={option} />
      </div>
    </div>
  );
}

/** Shows what an option does on hover, click, tap or key press. */
export function HelpButton({ option }: { readonly option: OptionShape }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} width={280} position="top" withArrow shadow="md">
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={22}
          aria-label={`Help: ${option.label}`}
          onClick={() => setOpen(true)}
          onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setOpen(true)}
          onPointerLeave={({ pointerType }) => pointerType === 'mouse' && setOpen(false)}
          onBlur={() => setOpen(false)}
          onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
        >
          <HelpIcon size={15} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={option.label}>
        <Text size="sm" role="status">
          {helpOf(option)}
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}
