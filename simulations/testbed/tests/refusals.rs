//! Who is refused by the metrics API on the real control plane, with which status and in which words: at the
//! controller's own port, which anybody in a cluster may call, and through kube-apiserver. Beside each way to be refused
//! is one to be served, so that a refusal is about who asks, and for what.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "../../../controller/tests/metrics_api/caller.rs"]
mod caller;
#[path = "refusals/door.rs"]
mod door;

use kube::core::Status;
use prescale_testbed::{Authority, CertificateFiles, Life, parts};
use tokio::sync::OnceCell;

use caller::Caller;
use door::{Door, demand, issue, query, value};

static DOOR: OnceCell<Door> = OnceCell::const_new();

async fn door() -> &'static Door {
    DOOR.get_or_init(Door::open).await
}

#[tokio::test]
async fn whoever_shows_nothing_is_nobody() {
    forbidden(&door().await.caller(None), "system:anonymous").await;
}

#[tokio::test]
async fn a_forged_user_without_a_certificate_is_nobody() {
    forbidden(&forging(door().await.caller(None)), "system:anonymous").await;
}

#[tokio::test]
async fn a_certificate_of_a_user_speaks_for_that_user_alone() {
    let door = door().await;
    forbidden(&door.user("mallory"), "mallory").await;
    forbidden(&forging(door.user("mallory")), "mallory").await;
    // By its name it would be the front proxy; it is another authority that says so.
    forbidden(&forging(door.user(parts::FRONT_PROXY)), parts::FRONT_PROXY).await;
    served(&door.user("rita")).await;
}

#[tokio::test]
async fn the_front_proxy_is_known_by_authority_and_name() {
    let front_proxy = &door().await.bed.authorities().front_proxy;
    let other = issue(front_proxy, "other-name", "somebody", Life::Current);
    unauthorized(&other, "the name `somebody` is not one of the front proxy's").await;
    // What it says of users counts, and what they may do is asked of kube-apiserver.
    served(&door().await.proxied("rita")).await;
    served(&door().await.proxied("root").with("X-Remote-Group", "system:masters")).await;
    forbidden(&door().await.proxied("mallory"), "mallory").await;
}

#[tokio::test]
async fn a_certificate_counts_while_it_is_valid() {
    let authorities = door().await.bed.authorities();
    let (proxy, clients) = (&authorities.front_proxy, &authorities.clients);
    for (life, part) in [(Life::Expired, "expired"), (Life::Future, "not valid yet")] {
        unauthorized(&issue(proxy, &format!("proxy-{life:?}"), parts::FRONT_PROXY, life), part).await;
        unauthorized(&issue(clients, &format!("user-{life:?}"), "rita", life), part).await;
    }
}

#[tokio::test]
async fn a_certificate_of_a_stranger_authority_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // The second has the name of the cluster's own.
    for (name, part) in [("strangers", "UnknownIssuer"), ("testbed-front-proxy", "not accepted")] {
        let authority = Authority::create(name, folder.path()).unwrap();
        unauthorized(&issue(&authority, "stranger", parts::FRONT_PROXY, Life::Current), part).await;
    }
}

#[tokio::test]
async fn a_service_account_may_read_what_it_was_granted() {
    let door = door().await;
    forbidden(&door.account("idle").await, "system:serviceaccount:live:idle").await;
    let reader = door.account("reader").await;
    served(&reader).await;
    let message = reader.get(&demand("elsewhere", "=vault")).await.refused(403, "Forbidden");
    assert!(message.contains(r#"in the namespace "elsewhere""#), "{message}");
}

#[tokio::test]
async fn a_token_that_nobody_issued_is_refused() {
    let nonsense = door().await.caller(None).with("Authorization", "Bearer nonsense");
    let message = forging(nonsense).get(&demand("live", "=gateway")).await.refused(401, "Unauthorized");
    assert_eq!(message, "unauthorized: the bearer token is not valid");
}

#[tokio::test]
async fn kube_apiserver_refuses_who_has_no_right() {
    let door = door().await;
    let path = demand("live", "=gateway");
    let mallory = door.bed.user("mallory", None).unwrap();
    let refused = door.through(Some(&mallory), &path).await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (403, "Forbidden"));
    assert!(refused.message.contains(&cannot("mallory")), "{}", refused.message);
    let reader = door.bed.service_account("live", "reader").await.unwrap();
    assert_eq!(value(&door.through(Some(&reader), &path).await.unwrap()), "300");
}

#[tokio::test]
async fn a_selector_that_does_not_name_one_scaler_is_told_how_to() {
    let check = async |selector: &str, problem: &str| {
        let demand = "/apis/external.metrics.k8s.io/v1beta1/namespaces/live/demand";
        let refused = refused(&format!("{demand}?{}", query(selector)), 400).await;
        let how = "write `prescale.dev/scaler=NAME` and nothing else";
        assert_eq!(refused.message, format!("labelSelector `{selector}` {problem}: {how}"));
    };
    check("", "names no scaler").await;
    check("team=live", "names no scaler").await;
    check("prescale.dev/scaler!=other", "names no scaler").await;
    let two = "names several scalers, such as `gateway` and `other`";
    check("prescale.dev/scaler in (gateway,other)", two).await;
    check("prescale.dev/scaler=gateway,prescale.dev/scaler=other", two).await;
    let more = "asks for more than the scaler's label, which is the only one here";
    check("prescale.dev/scaler=gateway,team=live", more).await;
}

#[tokio::test]
async fn a_scaler_that_is_not_there_is_not_answered_by_another() {
    let check = async |namespace: &str, scaler: &str, hint: &str| {
        let refused = refused(&demand(namespace, &format!("={scaler}")), 404).await;
        let none = format!("no PredictiveScaler `{scaler}` in namespace `{namespace}`");
        assert_eq!(refused.message, format!("{none}{hint}"));
    };
    check("live", "gatewya", ": did you mean `gateway`?").await;
    check("live", "vault", "").await;
    check("elsewhere", "gateway", "").await;
    check("nowhere", "gateway", "").await;
}

/// Claims to be the administrator.
fn forging(caller: Caller) -> Caller {
    caller.with("X-Remote-User", "system:admin").with("X-Remote-Group", "system:masters")
}

async fn served(caller: &Caller) {
    let got = caller.get(&demand("live", "=gateway")).await;
    assert_eq!((got.code, value(&got.json())), (200, "300"), "{}", got.text);
}

/// The caller is taken for `user`, who has no right.
async fn forbidden(caller: &Caller, user: &str) {
    let message = caller.get(&demand("live", "=gateway")).await.refused(403, "Forbidden");
    assert!(message.contains(&cannot(user)), "{message}");
}

/// Who shows `certificate` is refused, whoever they claim to be.
async fn unauthorized(certificate: &CertificateFiles, part: &str) {
    let caller = forging(door().await.caller(Some(certificate)));
    let message = caller.get(&demand("live", "=gateway")).await.refused(401, "Unauthorized");
    assert!(message.starts_with("unauthorized: ") && message.contains(part), "{message}");
}

fn cannot(user: &str) -> String {
    format!(
        "demand.external.metrics.k8s.io is forbidden: User \"{user}\" cannot list resource \"demand\" in API group \
         \"external.metrics.k8s.io\" in the namespace \"live\""
    )
}

/// What kube-apiserver passes on to the administrator, who has every right.
async fn refused(path: &str, code: u16) -> Status {
    let refused = door().await.through(None, path).await.expect_err(path);
    assert_eq!(refused.code, code, "{refused}");
    *refused
}
