/** A recipe with a step of most kinds, for tests: its text, line by line. */
export const READING_RECIPE = `format: counterfoil-text/1
name: reading-questions
seed: 4
models:
  writer:
    provider: openai
    model: gpt-4o-mini
    baseUrl: http://127.0.0.1:8080/v1
    apiKey: { env: OPENAI_API_KEY }
source:
  from: stories.jsonl
  permission: real rows may be sent to the models
rows: 10
steps:
  - name: kind
    sampler: category
    values: [character, setting, action]
  - name: reader
    sampler: person
    locale: de
  - name: hard
    sampler: bernoulli
    chance: 0.3
  - name: score
    sampler: gaussian
    mean: 10
    stddev: 2
    when:
      - condition: hard
        mean: 100
  - name: qa
    call: structured
    prompt: |
      Read {{ source.title }} and think of {{ reader.name }}.

      {{ words(source.section, 200) }}
      Ask about {{ kind }}.
    schema:
      type: object
      properties:
        question: { type: string }
        answer: { type: string }
  - name: asks
    check: qa.question.endsWith("?")
  - name: verdict
    call: judge
    prompt: "{{ qa.question }} {{ qa.answer }}"
    rubric: { clear: Can it be understood }
  - name: unique
    deduplicate: [qa]
  - name: line
    expression: "{{ qa.question }} / {{ kind }}"
export:
  - kind
  - question: qa.question
  - story: source.title
`;

export const READING_COLUMNS: readonly string[] = ["id", "title", "section"];
