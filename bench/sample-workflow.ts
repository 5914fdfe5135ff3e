/** An ordinary workflow of 200 lines: eight jobs, a matrix, conditions, outputs, scripts of several lines. */
export const sampleWorkflow = (name: string, branches = "main, 'releases/**'"): string => `name: ${name}
run-name: \${{ github.event_name }} on \${{ github.ref_name }}
on:
  push:
    branches: [${branches}]
    paths-ignore: ['docs/**', '**/*.md']
  pull_request:
    types: [opened, synchronize, reopened, labeled]
  workflow_dispatch:
    inputs:
      level: { type: choice, options: [debug, info, warning], default: info }
      dry-run: { type: boolean, default: true }
permissions:
  contents: read
concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}
  cancel-in-progress: \${{ github.ref != 'refs/heads/main' }}
env:
  CACHE_VERSION: 7
  LEVEL: \${{ inputs.level || 'info' }}
defaults:
  run:
    shell: bash
jobs:
  changes:
    runs-on: [self-hosted, linux]
    outputs:
      targets: \${{ steps.find.outputs.targets }}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - id: find
        run: |
          targets=$(./scripts/changed-targets "\${{ github.event.before }}" "\${{ github.sha }}")
          echo "targets=$targets" >> "$GITHUB_OUTPUT"
${['lint', 'types', 'units', 'browsers', 'packages'].map(checkJob).join('')}  build:
    name: Build \${{ matrix.os }} with \${{ matrix.node }}
    needs: [lint, types]
    if: github.event_name != 'pull_request' || contains(github.event.pull_request.labels.*.name, 'build')
    runs-on: \${{ matrix.os == 'windows' && 'windows-large' || matrix.os }}
    timeout-minutes: 45
    strategy:
      fail-fast: false
      matrix:
        os: [linux, macos, windows]
        node: [20, 22, 24]
        include:
          - os: linux
            node: 25
            experimental: true
        exclude:
          - os: windows
            node: 20
    continue-on-error: \${{ matrix.experimental == true }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: \${{ matrix.node }}
          cache: npm
      - run: npm ci
      - name: Build for \${{ runner.os }}
        env:
          TARGETS: \${{ toJSON(needs.*.outputs) }}
        run: |
          npm run build -- --level "$LEVEL"
          npm pack --pack-destination out
      - uses: actions/upload-artifact@v4
        if: success() && github.ref == 'refs/heads/main'
        with:
          name: build-\${{ matrix.os }}-\${{ matrix.node }}
          path: out/*.tgz
          retention-days: 5
  publish:
    needs: [build, units, browsers, packages]
    if: github.ref == 'refs/heads/main' && !inputs.dry-run
    runs-on: [self-hosted, linux, publish]
    environment:
      name: production
      url: https://example.com/\${{ github.sha }}
    permissions:
      contents: write
      packages: write
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with:
          pattern: build-*
          merge-multiple: true
          path: out
      - name: Publish
        run: |
          for file in out/*.tgz; do
            npm publish "$file" --provenance
          done
        env:
          NODE_AUTH_TOKEN: \${{ secrets.NPM_TOKEN }}
      - if: failure()
        run: ./scripts/notify "\${{ github.actor }}" "\${{ github.run_id }}"
`;

const checkJob = (name: string): string => `  ${name}:
    needs: changes
    if: contains(fromJSON('["push", "workflow_dispatch"]'), github.event_name) || github.event.action != 'labeled'
    runs-on: [self-hosted, linux]
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
          cache: npm
      - run: npm ci
      - name: Check
        run: npm run check:${name}
        env:
          LEVEL: \${{ env.LEVEL }}
      - if: always() && steps.check.outcome == 'failure'
        run: |
          cat reports/${name}.txt
          exit 1
`;
