/**
 * Teams' published fonts, sizes and spacing. Colors are CSS variables of the page, so that a theme change doesn't need to render
 * cards again.
 */

/** The page's font: the last name before the generic one has glyphs that many fonts on Linux lack. */
const sans = 'var(--sans)';
const mono = 'var(--mono)';
const weights = { lighter: 400, default: 400, bolder: 600 };

const plain = (name: string) => ({ default: `var(--${name})`, subtle: `var(--${name})` });

const foregroundColors = {
  default: { default: 'var(--text)', subtle: 'var(--subtle)' },
  dark: { default: 'var(--text)', subtle: 'var(--subtle)' },
  light: plain('surface'),
  accent: plain('accent'),
  good: plain('good'),
  warning: plain('warning'),
  attention: plain('attention'),
};

const container = (background: string) => ({ backgroundColor: `var(--${background})`, foregroundColors });

export const hostConfig = {
  fontTypes: {
    default: {
      fontFamily: sans,
      fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
      fontWeights: weights,
    },
    monospace: {
      fontFamily: mono,
      fontSizes: { small: 12, default: 13, medium: 13, large: 18, extraLarge: 24 },
      fontWeights: weights,
    },
  },
  lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: 'var(--line)' },
  imageSizes: { small: 32, medium: 52, large: 100 },
  containerStyles: {
    default: container('surface'),
    emphasis: container('inset'),
    accent: container('accent-bg'),
    good: container('good-bg'),
    warning: container('warning-bg'),
    attention: container('attention-bg'),
  },
  inputs: {
    label: {
      inputSpacing: 'Small',
      requiredInputs: { weight: 'Bolder', size: 'Default', color: 'Default', suffix: ' *', suffixColor: 'Attention' },
      optionalInputs: { weight: 'Bolder', size: 'Default', color: 'Default' },
    },
    errorMessage: { size: 'Small', color: 'Attention', weight: 'Bolder', spacing: 'Small' },
  },
  actions: {
    maxActions: 6,
    spacing: 'Default',
    buttonSpacing: 8,
    actionsOrientation: 'Horizontal',
    actionAlignment: 'Left',
    allowTitleToWrap: false,
    showCard: { actionMode: 'Inline', inlineTopMargin: 12, style: 'emphasis' },
    preExpandSingleShowCardAction: false,
  },
  adaptiveCard: { allowCustomStyle: false },
  factSet: {
    title: { size: 'Default', color: 'Default', isSubtle: true, weight: 'Default', wrap: true, maxWidth: 110 },
    value: { size: 'Default', color: 'Default', isSubtle: false, weight: 'Default', wrap: true },
    spacing: 12,
  },
  table: { cellSpacing: 8 },
  textBlock: { headingLevel: 2 },
  textStyles: {
    heading: { size: 'Large', weight: 'Bolder', color: 'Default', isSubtle: false, fontType: 'Default' },
    columnHeader: { size: 'Small', weight: 'Bolder', isSubtle: true, color: 'Default', fontType: 'Default' },
  },
};
