
const shellQuoted = text => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** JSON without the line breaks between its parts; the rest stays as it was typed, to the digit. */
const onOneLine = text => text.trim().replace(/("(?:[^"\\]|\\.)*")|\s*[\r\n]\s*/g, (_, string) => string ?? " ");

/** A text as Python writes it; JSON's escapes are Python's, too. */
const pythonQuoted = text => JSON.stringify(text).replace(/[\u007f-\uffff]/g, unit => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"))
  .replace(/\\u(d[89ab]..)\\u(d[c-f]..)/g, (_, high, low) => {
    const point = ((parseInt(high, 16) - 0xd800) << 10) + parseInt(low, 16) - 0xdc00 + 0x10000;
    return "\\U" + point.toString(16).padStart(8, "0");
  });

const SNIPPETS = {
  curl: (body, type) => `curl ${shellQuoted(url("invocations"))} \\\n  --header ${shellQuoted(`Content-Type: ${type}`)} \\\n  --data-raw ${shellQuoted(body)}`,
  boto3: (body, type, endpoint) => `import boto3

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint(
    EndpointName=${pythonQuoted(endpoint)},
    ContentType=${pythonQuoted(type)},
    Body=${pythonQuoted(body)}.encode(),
)
print(answer["Body"].read().decode())`,
  "AWS CLI": (body, type, endpoint) => `printf '%s' ${shellQuoted(body)} |
  aws sagemaker-runtime invoke-endpoint --endpoint-name ${shellQuoted(endpoint)} \\
    --content-type ${shellQuoted(type)} --body fileb:///dev/stdin /dev/stdout`,
};

let client = "curl";

function showSnippet() {
  const body = contentType() === "application/json" ? onOneLine(find("body").value) : find("body").value;
  find("snippet").textContent = SNIPPETS[client](body, contentType(), find("endpoint").value || "my-endpoint");
  find("endpoint-label").hidden = client === "curl";
}

async function copySnippet() {
  try {
    await navigator.clipboard.writeText(find("snippet").textContent);
    find("copied").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(find("snippet"));
    find("copied").textContent = "Marked; copy it with Ctrl+C";
  }
  setTimeout(() => (find("copied").textContent = ""), 4000);
}
