import { createLayout } from '../path/index.js';
import type { LayoutOptions } from '../path/index.js';
import { describeNodes } from './node-description.js';
import type { FieldDescription, NodeDescription } from './node-description.js';

export interface DescribeOptions extends LayoutOptions {
  /** Default `text`. */
  readonly format?: 'text' | 'markdown';
}

/** The whole model of the tree, to be printed. @throws PathError when root or names are wrong. */
export function describeModel(options: DescribeOptions = {}): string {
  const nodes = describeNodes(createLayout(options));
  return options.format === 'markdown' ? asMarkdown(nodes) : asText(nodes);
}

function asText(nodes: readonly NodeDescription[]): string {
  return nodes.map(nodeAsText).join('\n');
}

function nodeAsText(node: NodeDescription): string {
  const width = Math.max(...node.fields.map(({ name }) => name.length)) + 1;
  const fields = node.fields.map(
    (field) => `    ${(field.name + (field.optional ? '?' : '')).padEnd(width)}  ${remarkOf(field)}\n`,
  );
  return (
    `${node.path}  (${node.lifetime})\n` +
    `  ${node.summary}\n` +
    `  written by ${node.writtenBy}; read by ${node.readBy}\n` +
    fields.join('') +
    `  ${node.example}\n`
  );
}

function asMarkdown(nodes: readonly NodeDescription[]): string {
  const overview = nodes.map(
    ({ path, lifetime, summary }) => `| \`${path}\` | ${lifetime} | ${cell(summary)} |\n`,
  );
  return `| node | life | holds |\n| --- | --- | --- |\n${overview.join('')}\n${nodes.map(nodeAsMarkdown).join('\n')}`;
}

function nodeAsMarkdown(node: NodeDescription): string {
  const rows = node.fields.map(
    (field) => `| \`${field.name}\`${field.optional ? ' (optional)' : ''} | ${cell(remarkOf(field))} |\n`,
  );
  return (
    `### \`${node.path}\`\n\n` +
    `${sentence(node.summary)} Written by ${node.writtenBy}; read by ${node.readBy}. Format ${node.format}.\n\n` +
    `| field | |\n| --- | --- |\n${rows.join('')}\n` +
    `\`\`\`json\n${node.example}\n\`\`\`\n`
  );
}

function remarkOf({ type, meaning, default: fallback }: FieldDescription): string {
  const without = fallback === undefined ? '' : `; without it ${JSON.stringify(fallback)}`;
  return `${type}${meaning === undefined ? '' : `: ${meaning}`}${without}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
