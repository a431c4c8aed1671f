//! Somebody with a socket, and somebody who calls REST.

use std::time::Duration;

use anyhow::{anyhow, bail};
use futures::{SinkExt as _, StreamExt as _};
use realtime_protocol::{ClientFrame, Reaction, RoomName, SUBPROTOCOL, ServerFrame, Uuid};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::{Gateway, TOKEN_KEY, token};

/// Milliseconds on an idle machine; after a failover seconds.
const HEARS_WITHIN: Duration = Duration::from_secs(60);

/// Somebody with a socket.
#[derive(Debug)]
pub struct Person {
    socket: WebSocketStream<TcpStream>,
}

impl Person {
    /// Opens a socket, without a token in its headers.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub async fn connect(gateway: &Gateway) -> anyhow::Result<Self> {
        Self::connect_with(gateway, None, None).await
    }

    /// Opens a socket with a token in its headers, and a kernel that keeps so many bytes unread.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub async fn connect_with(
        gateway: &Gateway,
        token: Option<&str>,
        keeps: Option<u32>,
    ) -> anyhow::Result<Self> {
        let mut request = format!("ws://{}/ws/v1", gateway.address).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
        if let Some(token) = token {
            headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
        }
        let tcp = TcpSocket::new_v4()?;
        if let Some(bytes) = keeps {
            tcp.set_recv_buffer_size(bytes)?;
        }
        let stream = tcp.connect(gateway.address.parse()?).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self { socket })
    }

    /// Opens a socket as `user` and says hello, without waiting for an answer.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub async fn come(gateway: &Gateway, user: &str, room: &str) -> anyhow::Result<Self> {
        Self::come_again(gateway, user, room, None).await
    }

    /// The same, with a ticket for a place in line.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub async fn come_again(
        gateway: &Gateway,
        user: &str,
        room: &str,
        ticket: Option<Uuid>,
    ) -> anyhow::Result<Self> {
        let mut person = Self::connect(gateway).await?;
        let token = Some(token(user, TOKEN_KEY));
        person.say(&ClientFrame::Hello { room: name(room)?, token, name: None, ticket }).await?;
        Ok(person)
    }

    /// The same, and waits until the person is in the room.
    ///
    /// # Errors
    ///
    /// Where it is refused, or does not come to that.
    pub async fn join(gateway: &Gateway, user: &str, room: &str) -> anyhow::Result<Self> {
        let mut person = Self::come(gateway, user, room).await?;
        person.until(|frame| matches!(frame, ServerFrame::Welcome { .. }).then_some(())).await?;
        Ok(person)
    }

    /// Says something.
    ///
    /// # Errors
    ///
    /// Where the socket has ended.
    pub async fn say(&mut self, frame: &ClientFrame) -> anyhow::Result<()> {
        self.send(Message::text(frame.to_json())).await
    }

    /// Sends whatever a test wants to.
    ///
    /// # Errors
    ///
    /// Where the socket has ended.
    pub async fn send(&mut self, message: Message) -> anyhow::Result<()> {
        Ok(self.socket.send(message).await?)
    }

    /// The next frame; `None` when the service has closed the socket.
    ///
    /// # Errors
    ///
    /// Where none comes in time, or none that can be read.
    pub async fn hear(&mut self) -> anyhow::Result<Option<ServerFrame>> {
        loop {
            let next = tokio::time::timeout(HEARS_WITHIN, self.socket.next()).await;
            match next.map_err(|_| anyhow!("nothing heard within {HEARS_WITHIN:?}"))? {
                Some(Ok(Message::Text(text))) => return Ok(Some(ServerFrame::parse(&text)?)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Err(Error::Io(_) | Error::Protocol(_) | Error::ConnectionClosed)) => return Ok(None),
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Listens until a frame is what is looked for; others are passed over.
    ///
    /// # Errors
    ///
    /// Where it does not come, or the socket ends before.
    pub async fn until<T>(
        &mut self,
        mut looked_for: impl FnMut(ServerFrame) -> Option<T>,
    ) -> anyhow::Result<T> {
        let listening = async {
            let mut heard = Vec::new();
            loop {
                match self.hear().await? {
                    Some(frame) => {
                        heard.push(frame.to_json());
                        if let Some(found) = looked_for(frame) {
                            return Ok(found);
                        }
                    }
                    None => bail!("the socket has ended after {heard:?}"),
                }
            }
        };
        tokio::time::timeout(HEARS_WITHIN, listening)
            .await
            .map_err(|_| anyhow!("not heard within {HEARS_WITHIN:?}"))?
    }

    /// Waits until an interaction is acknowledged.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what else is heard is passed over")]
    pub async fn acknowledged(&mut self, looked_for: Uuid) -> anyhow::Result<()> {
        self.until(|frame| match frame {
            ServerFrame::Ack { id } if id == looked_for => Some(Ok(())),
            ServerFrame::Refused { id: Some(id), problem } if id == looked_for => {
                Some(Err(anyhow!(problem.detail)))
            }
            _ => None,
        })
        .await?
    }

    /// Asks, and waits for the acknowledgement.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub async fn ask(&mut self, text: &str) -> anyhow::Result<Uuid> {
        let id = Uuid::now_v7();
        self.say(&ClientFrame::Ask { id, text: text.to_owned() }).await?;
        self.acknowledged(id).await?;
        Ok(id)
    }

    /// Reacts, and waits for the acknowledgement.
    ///
    /// # Errors
    ///
    /// Where it is refused.
    pub async fn react(&mut self, reaction: Reaction) -> anyhow::Result<Uuid> {
        let id = Uuid::now_v7();
        self.say(&ClientFrame::React { id, reaction }).await?;
        self.acknowledged(id).await?;
        Ok(id)
    }
}

fn name(room: &str) -> anyhow::Result<RoomName> {
    RoomName::new(room).map_err(|problem| anyhow!(problem.detail))
}

/// Calls of the REST door as one user.
#[derive(Clone, Debug)]
pub struct Calls {
    web: reqwest::Client,
    address: String,
    token: String,
}

impl Calls {
    /// Calls of `user` at a gateway.
    #[must_use]
    pub fn of(gateway: &Gateway, user: &str) -> Self {
        Self { web: reqwest::Client::new(), address: gateway.address.clone(), token: token(user, TOKEN_KEY) }
    }

    /// The same with another token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    /// Reads something, and returns status and body.
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let asked = self.web.get(format!("http://{}{path}", self.address)).bearer_auth(&self.token);
        let answer = asked.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Posts something under an id, and returns status and body.
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub async fn post(&self, path: &str, id: &str, body: impl Into<String>) -> anyhow::Result<(u16, String)> {
        let asked = self.web.post(format!("http://{}{path}", self.address)).bearer_auth(&self.token);
        let asked = asked.header("idempotency-key", id).header("content-type", "application/json");
        let answer = asked.body(body.into()).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}
