//! Nodes that answer nonsense, refuse, or do not answer: what is said of them, and that it is said soon.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use alloy_primitives::Address;
use fpvm_contracts::chain::{Chain as _, ChainError, Message, Node};
use serde_json::{Value, json};

/// Long enough for a busy machine, and short enough to wait for.
const LIMIT: Duration = Duration::from_secs(5);

/// A node that answers each method as told.
fn node(limit: Duration, answer: impl Fn(&str, &Value) -> String + Send + 'static) -> Node {
    Node::new(&node_at(answer), limit, Arc::new(AtomicBool::new(false)))
}

/// Where such a node is; it lives as long as the test.
fn node_at(answer: impl Fn(&str, &Value) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), &answer);
        }
    });
    url
}

/// Answers the requests of a connection.
fn serve(mut stream: TcpStream, answer: &impl Fn(&str, &Value) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut bytes = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(length) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                bytes = length.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; bytes];
        reader.read_exact(&mut body).unwrap();
        let request: Value = serde_json::from_slice(&body).unwrap();
        let text = answer(request["method"].as_str().unwrap(), &request["id"]);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", text.len());
        if stream.write_all(&[head.as_bytes(), text.as_bytes()].concat()).is_err() {
            return;
        }
    }
}

fn result(id: &Value, result: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

fn message() -> Message {
    Message { from: Address::ZERO, to: Some(Address::ZERO), value: 1, data: vec![1, 2] }
}

#[track_caller]
fn says(error: &ChainError, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "lacks '{part}': {text}");
    }
}

#[test]
fn malformed_answers_are_shown() {
    let cases = [
        ("", "JSON-RPC"),
        ("<html>no</html>", "JSON-RPC"),
        ("[]", "the answer to this request"),
        (r#"{"jsonrpc":"2.0","id":77,"result":[]}"#, "the answer to this request"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "a result"),
        (r#"{"jsonrpc":"2.0","id":1,"result":["0x12"]}"#, "a list of addresses"),
        (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, "a list of addresses"),
        (r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#, "an error with code and message"),
    ];
    for (answer, wanted) in cases {
        let error = node(LIMIT, |_, _| answer.to_owned()).accounts().unwrap_err();
        assert!(matches!(error, ChainError::Answer { .. }), "{answer}: {error}");
        says(&error, &["eth_accounts", wanted]);
    }
    let long = node(LIMIT, |_, _| "x\u{1b}".repeat(100_000)).accounts().unwrap_err().to_string();
    assert!(long.len() < 1000 && !long.contains('\u{1b}'), "{long}");
}

#[test]
fn refusals_are_passed_on() {
    let refuse = |error: Value| {
        node(LIMIT, move |_, id| json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string())
    };
    let mut locked = refuse(json!({ "code": -32000, "message": "account is locked" }));
    says(&locked.send(&message()).unwrap_err(), &["eth_estimateGas", "account is locked", "-32000"]);
    let mut reverts = refuse(json!({ "code": 3, "message": "execution reverted", "data": "0x1dcdca55" }));
    let error = reverts.send(&message()).unwrap_err();
    assert!(matches!(error, ChainError::Reverted(_)), "{error}");
    let mut silent = refuse(json!({ "code": -32000, "message": "execution reverted" }));
    assert!(matches!(silent.call(&message()), Err(ChainError::Reverted(_))));
}

/// A node up to what becomes of a transaction.
fn mines(receipt: Value) -> Node {
    node(Duration::from_secs(1), move |method, id| match method {
        "eth_estimateGas" => result(id, json!("0x5208")),
        "eth_sendTransaction" => result(id, json!(format!("0x{:064x}", 7))),
        _ => result(id, receipt.clone()),
    })
}

#[test]
fn a_transaction_that_fails_or_is_never_mined_is_an_error() {
    let error = mines(json!(null)).send(&message()).unwrap_err();
    says(&error, &["is not in a block after 1 s", "0000007"]);
    let failed = json!({ "status": "0x0", "gasUsed": "0x5208", "contractAddress": null, "logs": [] });
    assert!(matches!(mines(failed).send(&message()), Err(ChainError::Reverted(_))));
    let done = json!({ "status": "0x1", "gasUsed": "0x5208", "contractAddress": null, "logs": [] });
    assert_eq!(mines(done).send(&message()).unwrap().gas, 21_000);
}

#[test]
fn a_node_that_is_not_there_or_silent_is_given_up() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut node = Node::new(&format!("http://{unused}"), LIMIT, Arc::clone(&stop));
    says(&node.accounts().unwrap_err(), &["eth_accounts to http://127.0.0.1", "is a node running there"]);

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut node = Node::new(&url, Duration::from_secs(1), Arc::clone(&stop));
    assert!(matches!(node.accounts(), Err(ChainError::Unreachable { .. })));

    for url in ["https://127.0.0.1:1", "ftp://nowhere", "nowhere", ""] {
        let error = Node::new(url, LIMIT, Arc::clone(&stop)).accounts().unwrap_err();
        assert!(matches!(error, ChainError::Unreachable { .. }), "{url}: {error}");
    }
}

#[test]
fn clocks_are_waited_for_within_limits() {
    let at = |seconds: u64| {
        node(Duration::from_secs(1), move |_, id| result(id, json!({ "timestamp": format!("{seconds:#x}") })))
    };
    assert_eq!(at(50).time().unwrap(), 50);
    at(50).wait(50).unwrap();
    let error = at(50).wait(1000).unwrap_err();
    says(&error, &["another 950 s", "at most 1 s"]);

    let url = node_at(|_, id| result(id, json!({ "timestamp": "0x32" })));
    let mut stopped = Node::new(&url, LIMIT, Arc::new(AtomicBool::new(true)));
    assert!(matches!(stopped.wait(51), Err(ChainError::Interrupted)));
}
