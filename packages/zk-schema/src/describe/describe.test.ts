import { describe, expect, it } from 'vitest';
import { defaultNames, nodeKeys } from '../model/index.js';
import { createLayout } from '../path/index.js';
import { describeModel, describeNodes } from './index.js';

describe('description of the model', () => {
  it('names every node, its life, its fields and a value', () => {
    const nodes = describeNodes(createLayout());
    expect(nodes.map(({ node }) => node)).toEqual(nodeKeys);
    for (const node of nodes) {
      expect(node.fields.length).toBeGreaterThan(0);
      const example = JSON.parse(node.example) as object;
      expect(Object.keys(example)).toEqual(['v', ...Object.keys(example).slice(1)]);
      const known = node.fields.map(({ name }) => name);
      expect(known).toEqual(expect.arrayContaining(Object.keys(example).slice(1)));
    }
  });

  it('tells types, what may be left out, and meanings', () => {
    const route = describeNodes(createLayout()).find(({ node }) => node === 'route');
    expect(route).toMatchObject({ path: '/mysql/haproxy/<group>', lifetime: 'persistent' });
    expect(route?.fields).toContainEqual({
      name: 'write',
      type: 'string | null',
      optional: false,
      meaning: 'where writes go; null: nowhere',
    });
    const host = describeNodes(createLayout()).find(({ node }) => node === 'metaHost');
    expect(host?.fields).toContainEqual({
      name: 'promotion',
      type: '"prefer" | "neutral" | "prefer-not" | "must-not"',
      optional: true,
      default: 'neutral',
      meaning: 'whether it may become primary',
    });
  });

  it('the page TREE.md of this package is what the model says (after a change: npx vitest run -u ...)', async () => {
    const page = `# The ZooKeeper tree of dcmha

Made from the model (\`describeModel({ format: 'markdown' })\`); with other names than the default ones, \`store.describe('markdown')\`
prints it as it lies in that tree. Each value is a JSON object whose field \`v\` is the version of its format.

<!-- prettier-ignore-start -->

${describeModel({ format: 'markdown' })}
<!-- prettier-ignore-end -->
`;
    await expect(page).toMatchFileSnapshot('../../TREE.md');
  });

  it('as text and as markdown, with configured names', () => {
    const options = { root: '/dc1/mysql', names: { master: 'primary' } };
    const text = describeModel(options);
    expect(text).toContain('/dc1/mysql/primary/<group>  (persistent)\n  the primary of the group');
    expect(text).toContain('    since');
    const markdown = describeModel({ ...options, format: 'markdown' });
    expect(markdown).toContain('| `/dc1/mysql/primary/<group>` | persistent | the primary of the group');
    expect(markdown).toContain('### `/dc1/mysql/watch-down/<group>_send`');
    for (const name of Object.values(defaultNames).filter((one) => one !== 'master'))
      expect(markdown).toContain(`/dc1/mysql/${name}/`);
  });
});
