/** Everything that a workflow can do without actions of other repositories, in as few jobs as show it. */
export const LANGUAGE = `
name: Language
on: push
env: { GREETING: hello, LEVEL: workflow }
jobs:
  build:
    runs-on: [self-hosted, Linux]
    env: { LEVEL: job }
    outputs: { version: '\${{ steps.v.outputs.version }}' }
    steps:
      - id: v
        name: Say \${{ env.GREETING }}
        env: { STEP: 'step of \${{ github.job }}' }
        run: |
          echo "version=1.2.3" >> "$GITHUB_OUTPUT"
          echo "LATER=kept" >> "$GITHUB_ENV"
          echo "$GREETING $LEVEL $STEP on $GITHUB_REF_NAME"
          echo "# Built \${{ github.event.head_commit.message }}" >> "$GITHUB_STEP_SUMMARY"
      - env: { PASSWORD: '\${{ secrets.PASSWORD }}' }
        run: echo "LATER is $LATER, the password is $PASSWORD"
      - run: |
          echo "::group::Details"; echo inside; echo "::endgroup::"
          echo "::notice title=Note::a notice"
          echo "::warning file=src/a.ts,line=3::a warning"
      - name: Write two actions, one that uses the other
        run: |
          mkdir -p outer/inner
          D='$'
          cat > outer/action.yml <<END
          inputs: { who: { required: true } }
          outputs: { said: { value: "$D{{ steps.n.outputs.said }}" } }
          runs:
            using: composite
            steps: [{ id: n, uses: ./outer/inner, with: { who: "$D{{ inputs.who }}" } }]
          END
          echo 'inputs: { who: {} }' > outer/inner/action.yml
          echo 'runs: { using: node20, main: main.js, post: post.js }' >> outer/inner/action.yml
          echo 'require("fs").appendFileSync(process.env.GITHUB_OUTPUT, "said=hi " + process.env.INPUT_WHO)' > outer/inner/main.js
          echo 'console.log("tidied up")' > outer/inner/post.js
      - { id: local, uses: ./outer, with: { who: Ada } }
      - run: echo "the action said \${{ steps.local.outputs.said }}"
  test:
    needs: build
    runs-on: self-hosted
    strategy: { fail-fast: false, matrix: { node: [18, 20] } }
    steps:
      - run: echo "testing \${{ needs.build.outputs.version }} on \${{ matrix.node }}, one of \${{ strategy.job-total }}"
      - run: exit \${{ matrix.node == 18 && 3 || 0 }}
      - run: echo "only after success"
      - if: failure()
        run: echo cleaning up
      - if: always()
        run: echo "the job is \${{ job.status }}"
  report:
    needs: [build, test]
    if: always()
    runs-on: self-hosted
    steps:
      - run: echo "test was \${{ needs.test.result }} for \${{ needs.build.outputs.version }}"
  deploy:
    needs: test
    runs-on: self-hosted
    steps: [{ run: echo never }]
`;

/** Prints `lines` numbered lines of 100 characters and more. */
export const longLog = (lines: number): string => `
on: push
jobs:
  long:
    runs-on: long
    steps:
      - run: seq -f 'line %08.0f of a log that is much too long to be uploaded as one single block of two megabytes.' 1 ${lines}
`;

/** Says that it started, and ends when the file `gate` exists, with a last step that writes `gate.end`. */
export const gated = (label: string, gate: string): string => `
on: push
jobs:
  wait:
    runs-on: ${label}
    steps:
      - run: |
          echo "the gate is shut"
          until [ -e '${gate}' ]; do sleep 0.1; done
          echo "the gate is open"
      - if: always()
        run: echo "the job is \${{ job.status }}" > '${gate}.end'
`;

/** Sleeps far longer than its limit in minutes. */
export const endless = (label: string, limit: number): string => `
on: push
jobs:
  sleep:
    runs-on: ${label}
    timeout-minutes: ${limit}
    steps:
      - run: echo "going to sleep"; sleep 1000
      - if: always()
        run: echo "always, the job is \${{ job.status }}"
      - run: echo "not after that"
`;

export const FOREIGN_ACTION = `
on: push
jobs:
  checkout:
    runs-on: foreign
    steps: [{ uses: actions/checkout@v4 }]
`;
