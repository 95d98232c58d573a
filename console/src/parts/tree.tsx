/** Any JSON as nested lines of text. */
export function Tree({ value }: { value: unknown }) {
  if (value === null || typeof value !== 'object') return <span className="hatoba-wrap">{String(value)}</span>;
  return (
    <dl className="hatoba-tree">
      {Object.entries(value).map(([key, inner]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>
            <Tree value={inner} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
