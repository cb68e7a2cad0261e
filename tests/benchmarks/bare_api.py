"""The least that FastAPI and SQLModel need to answer the same list: no paging, no versions, no one to authenticate."""

import sys
from datetime import date, datetime

import uvicorn
from fastapi import FastAPI
from sqlmodel import Session as Transaction
from sqlmodel import SQLModel, create_engine, select

from tracker.storage.tables import ActionItem

BARE_LIST = "/items"


class Item(SQLModel):
    id: int
    title: str
    description: str | None
    type: str | None
    suggested_type: str | None
    size: str
    state: str
    priority: str | None
    owner: str | None
    due: date | None
    document_status: str | None
    created_at: datetime
    updated_at: datetime


def bare_api(database_url: str) -> FastAPI:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    api = FastAPI()

    @api.get(BARE_LIST, response_model=list[Item])
    def items(state: str, limit: int) -> object:
        with Transaction(engine) as session:
            query = select(ActionItem).where(ActionItem.state == state).order_by(ActionItem.id).limit(limit)
            return session.exec(query).all()

    return api


if __name__ == "__main__":
    uvicorn.run(bare_api(sys.argv[1]), port=int(sys.argv[2]), log_level="error")
