import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const UNSAFE_MARKUP = 'Build the DOM with element() and text; markup from data is never parsed.';

export default tseslint.config(
  { ignores: ['lib', 'static', 'node_modules', 'src/contracts.ts', 'style/index.js'] },
  { files: ['eslint.config.mjs'], extends: [js.configs.recommended] },
  {
    files: ['src/**/*.ts', 'tests/**/*.ts', 'vitest.config.mts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: UNSAFE_MARKUP },
        { property: 'outerHTML', message: UNSAFE_MARKUP },
        { property: 'insertAdjacentHTML', message: UNSAFE_MARKUP }
      ],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      // A Lumino signal takes the method and its object apart, and calls them together.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }]
    }
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/explicit-function-return-type': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off'
    }
  }
);
