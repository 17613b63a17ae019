import { askQuestions } from "./ask-questions.ts";

/** A process that is to end badly. Arguments: folder, base URL, count, file of received answers. */
const [folder = "", baseUrl = "", count = "0", receivedFile] = process.argv.slice(2);
try {
  await askQuestions(folder, { baseUrl, count: Number(count), receivedFile });
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(JSON.stringify({ code, message }));
  process.exitCode = 1;
}
