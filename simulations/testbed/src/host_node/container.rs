//! The command line of a container, as a kubelet would make it of the pod.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod};
use kube::ResourceExt;

use crate::Process;

/// The process of a pod at an address, by a name that no other has; or what this node cannot do for it.
pub(super) fn process(pod: &Pod, address: Ipv4Addr) -> Result<Process, String> {
    let container = only_container(pod)?;
    let mut environment = BTreeMap::new();
    for variable in container.env.iter().flatten() {
        let value = value(variable, pod, address, &environment)?;
        environment.insert(variable.name.clone(), value);
    }
    let written = container.command.iter().flatten().chain(container.args.iter().flatten());
    let mut command = written.map(|word| expand(word, &environment)).collect::<Vec<_>>().into_iter();
    let program = command.next().filter(|_| container.command.is_some());
    let program = program.ok_or("spec.containers[0].command is missing: this node has no images")?;
    let name = format!("pod-{}-{}", pod.namespace().unwrap_or_default(), pod.name_any());
    Ok(Process { name, program: PathBuf::from(program), arguments: command.collect(), environment })
}

/// Its only container.
pub(super) fn only_container(pod: &Pod) -> Result<&Container, String> {
    let containers = pod.spec.as_ref().map_or(&[][..], |spec| &spec.containers);
    match containers {
        [container] => Ok(container),
        _ => Err(format!("spec.containers has {}: this node runs pods of one", containers.len())),
    }
}

fn value(
    variable: &EnvVar,
    pod: &Pod,
    address: Ipv4Addr,
    known: &BTreeMap<String, String>,
) -> Result<String, String> {
    let Some(source) = &variable.value_from else {
        return Ok(expand(variable.value.as_deref().unwrap_or_default(), known));
    };
    let path = source.field_ref.as_ref().map(|field| field.field_path.as_str());
    match path {
        Some("metadata.name") => Ok(pod.name_any()),
        Some("metadata.namespace") => Ok(pod.namespace().unwrap_or_default()),
        Some("metadata.uid") => Ok(pod.uid().unwrap_or_default()),
        Some("status.podIP") => Ok(address.to_string()),
        Some(_) | None => Err(format!(
            "env `{}`: this node knows values, and fieldRef to metadata.name, metadata.namespace, metadata.uid and status.podIP",
            variable.name
        )),
    }
}

/// `$(NAME)` becomes the variable's value; a name that is not known stays, as with a kubelet.
fn expand(word: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = word.to_owned();
    for (name, value) in variables {
        expanded = expanded.replace(&format!("$({name})"), value);
    }
    expanded
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(containers: &Value) -> Pod {
        let pod =
            json!({"metadata": {"name": "g-1", "namespace": "live"}, "spec": {"containers": containers}});
        serde_json::from_value(pod).expect("a pod")
    }

    #[test]
    fn a_command_has_its_arguments_with_variables_in_them() {
        let env = json!([
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "LISTEN", "value": "$(POD_IP):80"},
        ]);
        let pod = pod(&json!([{
            "name": "a", "command": ["/bin/serve"], "args": ["--at=$(LISTEN)", "$(NONE)"], "env": env
        }]));
        let process = process(&pod, Ipv4Addr::new(127, 77, 0, 1)).expect("a process");
        assert_eq!(process.name, "pod-live-g-1");
        assert_eq!(process.program, PathBuf::from("/bin/serve"));
        assert_eq!(process.arguments, ["--at=127.77.0.1:80", "$(NONE)"]);
    }

    #[test]
    fn what_this_node_cannot_do_is_told() {
        let check = |containers: &Value, said: &str| {
            let refused = process(&pod(containers), Ipv4Addr::LOCALHOST).expect_err("it is refused");
            assert!(refused.contains(said), "{refused}");
        };
        check(&json!([]), "spec.containers has 0");
        check(
            &json!([{"name": "a", "image": "nginx", "args": ["x"]}]),
            "spec.containers[0].command is missing",
        );
        let env = json!([{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]);
        check(&json!([{"name": "a", "command": ["x"], "env": env}]), "env `KEY`");
    }
}
