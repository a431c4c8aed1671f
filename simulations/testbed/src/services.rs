//! Services whose processes run beside the cluster, on this machine.

use std::net::SocketAddr;

use k8s_openapi::api::core::v1::{Namespace, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};

use crate::{Error, Testbed};

/// An address for documentation (RFC 5737): an EndpointSlice may not name a loopback address, and nobody dials this one.
const STAND_IN: &str = "192.0.2.1";

impl Testbed {
    /// Lets kube-apiserver reach a process at `local` through a Service, as the aggregator and webhooks do.
    ///
    /// A namespace or Service that is not there is made. A Service that selects no pods is given a ready endpoint; one that selects pods
    /// has its endpoints from them, and `local` takes their place.
    pub async fn expose(
        &self,
        namespace: &str,
        service: &str,
        port: u16,
        local: SocketAddr,
    ) -> Result<(), Error> {
        let client = self.client().await?;
        make_namespace(&client, namespace).await?;
        let services: Api<Service> = Api::namespaced(client.clone(), namespace);
        let found = match services.get_opt(service).await? {
            Some(found) => found,
            None => services.create(&PostParams::default(), &without_selector(service, port)).await?,
        };
        let spec = found.spec.unwrap_or_default();
        if spec.selector.is_none_or(|selector| selector.is_empty()) {
            let ports = spec.ports.unwrap_or_default();
            let name = ports.into_iter().find(|one| one.port == i32::from(port)).and_then(|one| one.name);
            let slices: Api<EndpointSlice> = Api::namespaced(client, namespace);
            let slice = ready_endpoint(service, name, port);
            let params = PatchParams::apply("testbed").force();
            slices.patch(&format!("{service}-testbed"), &params, &Patch::Apply(&slice)).await?;
        }
        let address = spec.cluster_ip.unwrap_or_default();
        self.egress.route(format!("{address}:{port}"), local);
        Ok(())
    }
}

async fn make_namespace(client: &Client, name: &str) -> Result<(), Error> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    if namespaces.get_opt(name).await?.is_none() {
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
        namespaces.create(&PostParams::default(), &Namespace { metadata, ..Namespace::default() }).await?;
    }
    Ok(())
}

fn without_selector(name: &str, port: u16) -> Service {
    let port = ServicePort { port: port.into(), ..ServicePort::default() };
    Service {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        spec: Some(ServiceSpec { ports: Some(vec![port]), ..ServiceSpec::default() }),
        ..Service::default()
    }
}

fn ready_endpoint(service: &str, port_name: Option<String>, port: u16) -> EndpointSlice {
    let ready = EndpointConditions { ready: Some(true), ..EndpointConditions::default() };
    EndpointSlice {
        address_type: "IPv4".into(),
        endpoints: Some(vec![Endpoint {
            addresses: vec![STAND_IN.into()],
            conditions: Some(ready),
            ..Endpoint::default()
        }]),
        metadata: ObjectMeta {
            name: Some(format!("{service}-testbed")),
            labels: Some([("kubernetes.io/service-name".to_owned(), service.to_owned())].into()),
            ..ObjectMeta::default()
        },
        ports: Some(vec![EndpointPort {
            name: port_name.or(Some(String::new())),
            port: Some(port.into()),
            ..EndpointPort::default()
        }]),
    }
}
