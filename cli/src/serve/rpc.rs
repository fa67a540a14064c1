//! JSON-RPC 2.0: requests, batches, errors.

use serde::Serialize;
use serde_json::{Map, Value};

use super::line;
use crate::pattern::number;

/// Most requests in a batch: their answers are held until all are there.
const MAX_BATCH: usize = 32;

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Info,
    StateHash { step: u64 },
    Proof { step: u64 },
    Shutdown,
}

/// Why there is no result.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    pub(super) code: i32,
    pub(super) message: String,
}

impl Fault {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn parse(message: impl Into<String>) -> Self {
        Self::new(-32700, message)
    }

    fn request(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        Self::new(-32603, error.to_string())
    }
}

/// The answer to a line that was not read to its end.
pub(super) fn too_long() -> String {
    let fault = Fault::request(format!("a line has more than {} bytes", line::MAX_BYTES));
    response(&Value::Null, Err(&fault))
}

/// Answers a line, by `act` for each call in it; none where it holds notifications only.
pub(super) fn answer(line: &[u8], mut act: impl FnMut(Call) -> Result<String, Fault>) -> Option<String> {
    match serde_json::from_slice(line) {
        // A blank line asks for nothing.
        Err(_) if line.trim_ascii().is_empty() => None,
        Err(error) => Some(response(&Value::Null, Err(&Fault::parse(format!("no JSON: {error}"))))),
        Ok(Value::Array(batch)) if !(1..=MAX_BATCH).contains(&batch.len()) => {
            let message = format!("a batch of {}; wanted: 1 to {MAX_BATCH} requests", batch.len());
            Some(response(&Value::Null, Err(&Fault::request(message))))
        }
        Ok(Value::Array(batch)) => {
            let answers: Vec<String> =
                batch.into_iter().filter_map(|request| one(request, &mut act)).collect();
            (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
        }
        Ok(request) => one(request, &mut act),
    }
}

fn one(request: Value, act: &mut impl FnMut(Call) -> Result<String, Fault>) -> Option<String> {
    let Value::Object(request) = request else {
        return Some(response(&Value::Null, Err(&Fault::request("a request is an object"))));
    };
    let id = match request.get("id") {
        None => None,
        Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => Some(id),
        Some(_) => {
            let fault = Fault::request("an id is a string, a number or null");
            return Some(response(&Value::Null, Err(&fault)));
        }
    };
    let (Some("2.0"), Some(method)) =
        (request.get("jsonrpc").and_then(Value::as_str), request.get("method").and_then(Value::as_str))
    else {
        let fault = Fault::request("a request has \"jsonrpc\": \"2.0\" and a method");
        return Some(response(id.unwrap_or(&Value::Null), Err(&fault)));
    };
    let result = call(method, request.get("params")).and_then(act);
    id.map(|id| response(id, result.as_deref()))
}

fn response(id: &Value, result: Result<&str, &Fault>) -> String {
    match result {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        Err(Fault { code, message }) => {
            let message = Value::from(message.as_str());
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}}}}}"#)
        }
    }
}

fn call(method: &str, params: Option<&Value>) -> Result<Call, Fault> {
    let step =
        || step(params).ok_or_else(|| Fault::new(-32602, format!("{method} wants params {{\"step\": N}}")));
    match method {
        "info" => Ok(Call::Info),
        "stateHash" => Ok(Call::StateHash { step: step()? }),
        "proof" => Ok(Call::Proof { step: step()? }),
        "shutdown" => Ok(Call::Shutdown),
        _ => Err(Fault::new(-32601, "no such method; there are: info, stateHash, proof, shutdown")),
    }
}

/// The one parameter, by name or by position. Not every client has whole numbers of 64 bits, so text will do.
fn step(params: Option<&Value>) -> Option<u64> {
    let value = match params? {
        Value::Object(params) => {
            Some(params).filter(|params| params.len() == 1).and_then(|params: &Map<_, _>| params.get("step"))
        }
        Value::Array(params) => {
            Some(params).filter(|params| params.len() == 1).and_then(|params| params.first())
        }
        _ => None,
    };
    match value? {
        Value::Number(step) => step.as_u64(),
        Value::String(step) => number(step).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(call: Call) -> Result<String, Fault> {
        match call {
            Call::Proof { .. } => Err(Fault::new(-32001, "no \"such\" step")),
            call => Ok(Value::from(format!("{call:?}")).to_string()),
        }
    }

    #[test]
    fn requests_are_answered() {
        #[rustfmt::skip]
        let cases = [
            (r#"{"jsonrpc":"2.0","id":1,"method":"info"}"#,
             r#"{"jsonrpc":"2.0","id":1,"result":"Info"}"#),
            (r#"{"jsonrpc":"2.0","id":"a","method":"stateHash","params":{"step":18446744073709551615}}"#,
             r#"{"jsonrpc":"2.0","id":"a","result":"StateHash { step: 18446744073709551615 }"}"#),
            (r#"{"jsonrpc":"2.0","id":null,"method":"stateHash","params":["0x10"]}"#,
             r#"{"jsonrpc":"2.0","id":null,"result":"StateHash { step: 16 }"}"#),
            (r#"{"jsonrpc":"2.0","id":2,"method":"proof","params":{"step":1}}"#,
             r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"no \"such\" step"}}"#),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"info"},{"jsonrpc":"2.0","method":"info"},{"jsonrpc":"2.0","id":3,"method":"shutdown"}]"#,
             r#"[{"jsonrpc":"2.0","id":1,"result":"Info"},{"jsonrpc":"2.0","id":3,"result":"Shutdown"}]"#),
        ];
        for (line, wanted) in cases {
            assert_eq!(answer(line.as_bytes(), act).unwrap(), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let many = format!("[{}1]", "1,".repeat(MAX_BATCH));
        let deep = "[".repeat(60_000);
        #[rustfmt::skip]
        let cases = [
            ("{", -32700), ("\u{0}", -32700), (&deep, -32700), ("nonsense", -32700),
            ("[]", -32600), (&many, -32600), ("1", -32600), ("{}", -32600), ("[1]", -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"info"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":{},"method":"info"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"infos"}"#, -32601),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof"}"#, -32602),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof","params":[]}"#, -32602),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof","params":[1,2]}"#, -32602),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof","params":{"step":-1}}"#, -32602),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof","params":{"step":1.5}}"#, -32602),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof","params":{"step":"x"}}"#, -32602),
            (r#"{"jsonrpc":"2.0","id":1,"method":"proof","params":{"step":1,"more":2}}"#, -32602),
        ];
        for (line, code) in cases {
            let answer = answer(line.as_bytes(), act).unwrap();
            let answer: Value = serde_json::from_str(answer.trim_matches(['[', ']'])).unwrap();
            assert_eq!(answer["error"]["code"], code, "{:.60}", line);
        }
        let bytes = answer(b"\xff\xfe", act).unwrap();
        assert!(bytes.contains("-32700"), "{bytes}");
    }

    #[test]
    fn notifications_and_blank_lines_are_not_answered() {
        for line in
            ["", " \r", r#"{"jsonrpc":"2.0","method":"info"}"#, r#"{"jsonrpc":"2.0","method":"none"}"#]
        {
            assert_eq!(answer(line.as_bytes(), act), None, "{line}");
        }
    }
}
