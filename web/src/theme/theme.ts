import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const closeButtonProps = { 'aria-label': 'Close' };

/** The accent, and lighter and darker neighbours of it. */
const amber: MantineColorsTuple = [
  '#fff8e9',
  '#fcebc9',
  '#fade9f',
  '#f8d07c',
  '#f6c15c',
  '#f6c15c',
  '#f6c15c',
  '#b87512',
  '#8c5300',
  '#633a00',
];

/** Mantine in the visual language of tokens.css. */
export const theme = createTheme({
  primaryColor: 'amber',
  colors: { amber },
  primaryShade: 5,
  autoContrast: true,
  luminanceThreshold: 0.3,
  black: '#1f1504',
  fontFamily: 'var(--font)',
  headings: { fontFamily: 'var(--font)', fontWeight: '600' },
  fontSizes: { xs: '12px', sm: '13px', md: '15px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '18px', sm: '20px', md: '20px', lg: '24px', xl: '26px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '20px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '14px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Anchor: { defaultProps: { underline: 'always' } },
    Modal: { defaultProps: { closeButtonProps } },
    Drawer: { defaultProps: { closeButtonProps } },
    Notification: { defaultProps: { closeButtonProps } },
    Slider: { defaultProps: { size: 4, thumbSize: 14 } },
    Tooltip: { defaultProps: { openDelay: 400 } },
  },
});

/** The colours of Mantine's parts. */
const colours = {
  '--mantine-color-body': 'var(--panel)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-bright': 'var(--text)',
  '--mantine-color-dimmed': 'var(--dim)',
  '--mantine-color-placeholder': 'var(--dim)',
  '--mantine-color-anchor': 'var(--mark)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-default': 'var(--raised)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-disabled': 'var(--raised)',
  '--mantine-color-disabled-color': 'var(--edge)',
  '--mantine-primary-color-contrast': 'var(--on)',
  '--mantine-color-amber-light': 'var(--soft)',
  '--mantine-color-amber-light-hover': 'var(--soft)',
  '--mantine-color-amber-light-color': 'var(--mark)',
  '--mantine-color-amber-text': 'var(--mark)',
  '--mantine-color-amber-outline': 'var(--mark)',
  '--mantine-color-gray-text': 'var(--dim)',
  '--mantine-color-red-text': 'var(--bad)',
};

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: colours, dark: colours });
